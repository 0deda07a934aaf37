"""Links between words, from attention between pieces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.engine.alignment import Part, align, code_points, find_pieces, group, join
from libretranslate_py.text.alignment import Alignment, Link, words_of
from tests.fakes import diagonal


def best_targets(source: str, target: str, attention: Sequence[Sequence[float]]) -> dict[str, str]:
    """The target word that each source word is linked with most; each word is a piece."""
    found = align(
        group(source, find_pieces(source, source.split())),
        group(target, find_pieces(target, target.split())),
        attention,
    )
    return strongest(found, source, target)


def strongest(found: Alignment, source: str, target: str) -> dict[str, str]:
    ordered = sorted(found.links, key=lambda link: link.weight)
    return {source[slice(*found.source[link.source])]: target[slice(*found.target[link.target])] for link in ordered}


def test_words_follow_the_attention_of_their_pieces() -> None:
    attention = [[0.8, 0.1, 0.1], [0.0, 0.1, 0.9], [0.1, 0.8, 0.1]]
    assert best_targets("the black cat", "el gato negro", attention) == {"the": "el", "cat": "gato", "black": "negro"}


def test_what_many_words_look_at_is_nobodys() -> None:
    attention = [[0.6, 0.0, 0.4], [0.1, 0.5, 0.4], [0.0, 0.0, 1.0]]
    assert best_targets("grey mice !", "ratones grises !", attention) == {"grey": "ratones", "mice": "grises"}
    assert best_targets("one two here", "uno dos aqui", attention) == {"one": "uno", "two": "dos", "here": "aqui"}


def test_the_first_row_gives_way_to_those_that_know_more() -> None:
    attention = [[0.4, 0.6], [0.0, 1.0]]
    assert best_targets("often sings", "canta menudo", attention)["often"] == "canta"


def test_a_word_that_all_rows_want_is_linked_with_all() -> None:
    found = align(group("Danke", [(0, 5)]), group("thank you", [(0, 5), (5, 9)]), [[1.0], [1.0]])
    assert {(link.source, link.target) for link in found.links} == {(0, 0), (0, 1)}


def test_a_name_or_number_that_came_through_is_linked_whatever_the_attention() -> None:
    attention = [[0.3, 0.7], [0.7, 0.3]]
    assert best_targets("7301 Ferris", "7301 Ferris", attention) == {"7301": "7301", "Ferris": "Ferris"}
    assert best_targets("alpha bravo", "gamma delta", attention) == {"alpha": "delta", "bravo": "gamma"}


def test_articles_do_not_take_nouns() -> None:
    attention = [[0.3, 0.7], [0.3, 0.7]]
    assert best_targets("the window", "la ventana", attention) == {"the": "la", "window": "ventana"}


def test_several_pieces_are_one_word() -> None:
    source = group("unhappy cat", [(0, 2), (2, 7), (7, 11)])
    target = group("gato infeliz", [(0, 4), (4, 7), (7, 12)])
    found = align(source, target, [[0.1, 0.0, 0.9], [0.8, 0.1, 0.1], [0.1, 0.9, 0.0]])
    assert strongest(found, "unhappy cat", "gato infeliz") == {"unhappy": "infeliz", "cat": "gato"}


def test_words_that_share_a_piece_are_linked_together() -> None:
    source = group("\u65e5\u672c\u8a9e", [(0, 2), (2, 3)])
    assert source.units == ((0, 2), (2, 3))
    found = align(source, group("Japan language", [(0, 5), (5, 14)]), diagonal(2, 2))
    assert {(link.source, link.target) for link in found.links} == {(0, 0), (1, 0), (2, 1)}


def test_large_units_are_linked_by_position() -> None:
    source, target = "\u65e5" * 12, " ".join("ab" for _ in range(6))
    found = align(group(source, [(0, 12)]), group(target, [(0, len(target))]), [[1.0]])
    assert sorted((link.source, link.target) for link in found.links) == [(n, n // 2) for n in range(12)]


def test_the_first_bytes_of_a_character_belong_to_it() -> None:
    assert group("a \u65e5", [(0, 1), (1, 2), (2, 2), (2, 2), (2, 3)]).of_piece == (0, 1, 1, 1, 1)


def test_punctuation_is_linked_with_nothing() -> None:
    assert group("Yes, no!", [(0, 3), (3, 4), (4, 7), (7, 8)]).of_piece == (0, -1, 1, -1)


def test_nothing_and_attention_that_is_missing_or_misshapen() -> None:
    one = group("one", [(0, 3)])
    uno = group("uno", [(0, 3)])
    nothing = group("...", [(0, 3)])
    for source, target, attention in (
        (nothing, one, [[1.0]]),
        (one, nothing, [[1.0]]),
        (one, uno, []),
        (one, uno, [[0.5, 0.5]]),
    ):
        found = align(source, target, attention)
        assert (found.source, found.target, found.links) == (source.words, target.words, ())


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]], str, list[tuple[int, int]], list[list[float]]]:
    texts, ranges = [], []
    for _ in range(2):
        text = draw(st.text("ab \u65e5'!1", max_size=20))
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
        texts.append(text)
        ranges.append(list(itertools.pairwise([0, *cuts, len(text)])))
    share = st.floats(0, 1) | st.just(0.0)
    width = len(ranges[0])
    rows = draw(st.lists(st.lists(share, min_size=width, max_size=width), max_size=10))
    return texts[0], ranges[0], texts[1], ranges[1], rows


@given(cases())
def test_links_are_between_words_and_weigh_something(case: tuple) -> None:  # type: ignore[type-arg]
    source, source_ranges, target, target_ranges, rows = case
    found = align(group(source, source_ranges), group(target, target_ranges), rows)
    assert (found.source, found.target) == (words_of(source), words_of(target))
    pairs = [(link.source, link.target) for link in found.links]
    assert len(pairs) == len(set(pairs))
    for link in found.links:
        assert 0 <= link.source < len(found.source)
        assert 0 <= link.target < len(found.target)
        assert 0 < link.weight <= 1


# --- parts ----------------------------------------------------------------------------------------------------------


def whole(source: str, target: str) -> Alignment:
    """Word n with word n."""
    links = tuple(Link(n, n, 0.5) for n in range(min(len(words_of(source)), len(words_of(target)))))
    return Alignment(words_of(source), words_of(target), links)


def test_parts_are_shifted_and_never_linked_with_each_other() -> None:
    source, target = "good day, old friend", "buenos d\u00edas, viejo amigo"
    parts = [
        Part(whole("good day,", "Buenos d\u00edas."), 0, "Buenos d\u00edas.", "buenos d\u00edas,", 0),
        Part(whole("old friend", "Viejo amigo."), 10, "Viejo amigo.", "viejo amigo", 14),
    ]
    found = join(source, target, parts)
    assert found.source == words_of(source)
    assert found.target == words_of(target)
    assert {(link.source, link.target) for link in found.links} == {(n, n) for n in range(4)}


def test_a_word_that_was_taken_out_is_linked_no_more() -> None:
    part = Part(whole("a b c", "x y z"), 0, "x y z", "x z", 0)
    assert {(link.source, link.target) for link in join("a b c", "x z", [part]).links} == {(0, 0), (2, 1)}


def test_a_word_cut_in_two_is_one_word_again() -> None:
    parts = [Part(whole("abc", "xyz"), 0, "xyz", "xyz", 0), Part(whole("def", "uvw"), 3, "uvw", "uvw", 3)]
    found = join("abcdef", "xyzuvw", parts)
    assert [(link.source, link.target) for link in found.links] == [(0, 0)]


# --- where pieces lie -----------------------------------------------------------------------------------------------


def test_pieces_are_found_one_after_the_other() -> None:
    assert find_pieces("a b  a", ["a", "b", "a"]) == [(0, 1), (2, 3), (5, 6)]
    assert find_pieces("a b", ["a", "x", "", "b"]) == [(0, 1), (1, 1), (1, 1), (2, 3)]
    assert find_pieces("\u00aba\u00bb b", ['"a"', "b"]) == [(1, 2), (4, 5)], "quotes of another kind"
    assert find_pieces("a" + " " * 100 + "b", ["a", "b"]) == [(0, 1), (1, 1)], "not far ahead"


@given(st.text("a\u00e9\u65e5\U0001f600"), st.lists(st.integers(0, 30)))
def test_bytes_become_code_points(text: str, cuts: list[int]) -> None:
    edges = sorted({min(cut, len(text)) for cut in cuts})
    ranges = list(itertools.pairwise(edges))
    in_bytes = [(len(text[:start].encode()), len(text[:end].encode())) for start, end in ranges]
    assert code_points(text, in_bytes) == ranges
