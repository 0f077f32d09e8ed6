from html import unescape
from quopri import decodestring

from hypothesis import given
from hypothesis import strategies as st

from app.mail import saying
from app.recommend import voice as voices
from app.recommend.voice import TO_READER, Fact, Point

LIKED = voices.LIKED[True, True, False]
hostile = st.text("ab<>&\"'/;% {}=.\n“é", max_size=30)


def test_what_was_asked_for_is_bold_and_everything_else_is_escaped():
    names = Fact("names", ("BM25", "<b> & co"), is_wanted=True, is_quoted=True)
    title = Fact("title", ("A <i> title",)), Fact("words", ("BM25",))
    points = [Point(voices.WANTED["whole"], (names,)), Point(LIKED, title)]

    assert saying.rich(TO_READER, points) == (
        "You asked for <strong>BM25</strong> and “<strong>&lt;b&gt; &amp; co</strong>”. "
        "Close to “A &lt;i&gt; title”, which you liked (both speak of BM25)."
    )


@given(st.lists(hostile, min_size=1, max_size=3), hostile)
def test_a_reason_says_the_same_however_it_is_written(names, title):
    facts = Fact("names", tuple(names), is_wanted=True, is_quoted=True)
    points = [
        Point(voices.WANTED["whole"], (facts,)),
        Point(LIKED, (Fact("title", (title,)), Fact("words", ("a", "b")))),
    ]
    rich = saying.rich(TO_READER, points)

    encoded = saying.encoded(TO_READER, points)
    assert decodestring(encoded).decode() == rich
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    bare = rich.replace("<strong>", "").replace("</strong>", "")
    plain = saying.plain(TO_READER, points, "Good fit: ")
    assert f"Good fit: {unescape(bare)}".split() == plain.split()
    travels = decodestring(saying.encoded_plain(TO_READER, points, "Good fit: "))
    assert travels.decode().replace("\r\n", "\n") == plain
