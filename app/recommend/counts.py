"""How often each paper of a corpus uses each term, and how the corpus writes its words.

Counted in numbers, not in text: of a pair of words, only one that is new costs a string.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.papers.paper import Paper
from app.recommend import surfaces, words

# The title says what the paper is about.
TITLE_COUNTS = 2
# Titles write most words with a capital: they tell how to only where no abstract does.
TITLE_VOICE = 0.001
_BREAK = -1  # between sentences: no pair goes across

_Numbers = NDArray[np.int64]
_Places = NDArray[np.int32]  # half the memory, where terms need not be told apart


@dataclass(frozen=True, eq=False)
class Counts:
    """counts: float32 (n_papers, n_terms), of the terms that the papers learned from hold.

    vocabulary: term → its column, in the order of the terms. is_pair: (n_terms,), which of them are
    two words. surfaces: stem → the form in which the papers learned from write it most often.
    forms: every word as it is written. pairs: (n_terms, 2), the numbers of the forms in which they
    write a pair most often, −1 for a single word.
    """

    counts: sparse.csr_array = field(repr=False)
    vocabulary: Mapping[str, int] = field(repr=False)
    is_pair: NDArray[np.bool_] = field(repr=False)
    surfaces: Mapping[str, str] = field(repr=False)
    forms: Sequence[str] = field(repr=False)
    pairs: NDArray[np.int32] = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Tokens:
    """The words of some texts, or breaks, each with the number of the text it stands in."""

    words: _Places
    texts: _Places


def count(papers: Sequence[Paper], n_learned: int) -> Counts:
    """Count the terms of papers; the first so many are learned from."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    titles = _read((paper.title for paper in papers), numbers)
    abstracts = _read((paper.abstract for paper in papers), numbers)
    forms = list(numbers)
    stems: dict[str, int] = {}
    # The last one is for the break, which is number -1.
    stem_of = np.array([*(_number(form, stems) for form in forms), _BREAK], dtype=np.int64)
    named = list(stems)
    found = [_terms(tokens, stem_of, len(named)) for tokens in (titles, abstracts)]
    n_of_each = [len(terms) for _, terms, _ in found]
    texts, terms, spoken = (np.concatenate(each) for each in zip(*found, strict=True))
    del found  # of a large corpus, gigabytes
    times = np.repeat(np.array([TITLE_COUNTS, 1], dtype=np.float32), n_of_each)
    known, columns, vocabulary = _vocabulary(terms[texts < n_learned], named)
    places = np.searchsorted(known, terms)
    np.minimum(places, max(len(known) - 1, 0), out=places)
    is_known = known[places] == terms if len(known) else np.zeros(len(terms), dtype=np.bool_)
    where = texts[is_known], columns[places[is_known]]
    # Of as many bits as scipy and scikit-learn take, which is half the memory.
    cells = times[is_known], tuple(each.astype(np.int32) for each in where)
    counts = sparse.csr_array(sparse.coo_array(cells, shape=(len(papers), len(known))))
    is_pair = np.zeros(len(known), dtype=np.bool_)
    is_pair[columns] = known >= len(named)
    voices = _voices(titles, n_learned, len(forms)) * TITLE_VOICE
    voices += _voices(abstracts, n_learned, len(forms))
    heard = np.repeat([TITLE_VOICE, 1.0], n_of_each)
    pairs = np.flatnonzero(terms >= len(named))
    learned = texts[pairs] < n_learned
    return Counts(
        counts=counts,
        vocabulary=vocabulary,
        is_pair=is_pair,
        surfaces=surfaces.of_stems(forms, voices, stem_of, named),
        forms=forms,
        pairs=surfaces.of_pairs(
            columns[places[pairs[learned]]],
            surfaces.casings(forms, voices)[spoken[learned]],
            heard[pairs[learned]],
            len(known),
        ),
    )


def _read(texts: Iterable[str], numbers: Mapping[str, int]) -> _Tokens:
    """Number the words of texts as they are written, in the order of their first appearance."""
    tokens, ends = array("i"), [0]
    for text in texts:
        for line in words.lines(text):
            tokens.extend([numbers[word] for word in line])
            tokens.append(_BREAK)
        ends.append(len(tokens))
    of_text = np.arange(len(ends) - 1, dtype=np.int32)
    return _Tokens(np.frombuffer(tokens, dtype=np.int32), np.repeat(of_text, np.diff(ends)))


_STOP = -2


def _number(form: str, stems: dict[str, int]) -> int:
    """Number the stem of a word as it is written, -2 for a stop word."""
    folded = form.casefold()
    return _STOP if folded in words.STOP_WORDS else stems.setdefault(words.stem(folded), len(stems))


def _terms(tokens: _Tokens, stem_of: _Numbers, n_stems: int) -> tuple[_Places, _Numbers, _Places]:
    """List texts and terms in them: a stem's number n, or (m + 1) · n_stems + n for m before n.

    The third are the two forms of each of the pairs, which come behind all stems.
    """
    stems = stem_of[tokens.words]
    is_kept = stems != _STOP
    stems, texts, forms = stems[is_kept], tokens.texts[is_kept], tokens.words[is_kept]
    is_word = stems != _BREAK
    is_pair = is_word[:-1] & is_word[1:]
    first, second = stems[:-1][is_pair], stems[1:][is_pair]
    spoken = np.stack([forms[:-1][is_pair], forms[1:][is_pair]], axis=1)
    return (
        np.concatenate([texts[is_word], texts[:-1][is_pair]]),
        np.concatenate([stems[is_word], (first + 1) * n_stems + second]),
        spoken.astype(np.int32),
    )


def _vocabulary(terms: _Numbers, stems: Sequence[str]) -> tuple[_Numbers, _Numbers, dict[str, int]]:
    """Return the distinct terms, ascending, the column of each, and the vocabulary."""
    known = np.unique(terms)
    first, second = np.divmod(known, max(len(stems), 1))
    told = [
        f"{stems[m - 1]} {stems[n]}" if m else stems[n]
        for m, n in zip(first.tolist(), second.tolist(), strict=True)
    ]
    order = sorted(range(len(told)), key=told.__getitem__)
    columns = np.empty(len(told), dtype=np.int64)
    columns[order] = np.arange(len(told))
    return known, columns, {told[place]: column for column, place in enumerate(order)}


def _voices(tokens: _Tokens, n_learned: int, n_forms: int) -> NDArray[np.float64]:
    """How often the papers learned from write each form, (n_forms,)."""
    spoken = (tokens.words != _BREAK) & (tokens.texts < n_learned)
    return np.bincount(tokens.words[spoken], minlength=n_forms).astype(np.float64)
