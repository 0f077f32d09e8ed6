import re
from gettext import NullTranslations
from html import unescape
from quopri import decodestring

from hypothesis import given
from hypothesis import strategies as st

from app.languages import Language
from app.mail import saying
from app.recommend import voice as voices
from app.recommend.voice import TO_READER, Voice

LIKED = voices.LIKED[True, True, False]
hostile = st.text("ab<>&\"'/;% {}=.\n“é", max_size=30)


def test_what_was_asked_for_is_bold_and_everything_else_is_escaped():
    points = [
        voices.point(voices.WANTED["whole"], ("BM25", "<b> & co")),
        voices.point(LIKED, ("A <i> title",), ("BM25",)),
    ]

    assert saying.rich(TO_READER, points) == (
        "You asked for <strong>BM25</strong> and “<strong>&lt;b&gt; &amp; co</strong>”. "
        "Close to “A &lt;i&gt; title”, which you liked (both speak of BM25)."
    )


@given(st.lists(hostile, min_size=1, max_size=3), hostile)
def test_a_reason_says_the_same_however_it_is_written(names, title):
    points = [
        voices.point(voices.WANTED["whole"], names),
        voices.point(LIKED, (title,), ("a", "b")),
    ]
    rich = saying.rich(TO_READER, points)

    encoded, encoded_plain = saying.Speaker(TO_READER, "Good fit: ").say(points)
    assert decodestring(encoded).decode() == rich
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    bare = rich.replace("<strong>", "").replace("</strong>", "")
    plain = saying.plain(TO_READER, points, "Good fit: ")
    assert f"Good fit: {unescape(bare)}".split() == plain.split()
    assert decodestring(encoded_plain).decode().replace("\r\n", "\n") == plain


def test_in_plain_text_what_both_speak_of_stands_on_a_line_of_its_own():
    points = [voices.point(LIKED, ("A title",), ("moons", "rings"))]

    assert saying.plain(TO_READER, points).split("\n") == [
        "Close to “A title”, which you liked",
        "   (both speak of moons and rings).",
    ]


def test_each_place_is_filled_wherever_a_language_puts_it():
    class Swapped(NullTranslations):
        def gettext(self, text):
            return "{words} ({text}!)" if text == voices.PART.text else text

    voice = Voice(Language("xx", "Swapped", Swapped()))
    points = [
        voices.point(voices.PART, ("ice",), ("moons of ice",)),
        voices.point(voices.NEAR, ("snow",), ("frost", "hail")),
    ]
    text = "ice (“moons of ice”!) Related to your “snow”: it speaks of frost and hail."

    markup, plain = saying.Speaker(voice).say(points)
    assert decodestring(plain).decode().split() == text.split()
    assert re.sub("</?strong>", "", decodestring(markup).decode()) == text
