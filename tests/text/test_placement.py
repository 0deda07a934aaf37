"""Tags around the right words of a translation, whatever the alignment says."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.text.alignment import Alignment, Link, words_of
from libretranslate_py.text.parts import Block, Piece, make_parts
from libretranslate_py.text.rendering import render
from libretranslate_py.text.spans import Kind
from tests.text.tagged import plain, segment


def block(source: str, target: str, links: str = "", start: int = 0) -> Block:
    """``links``: pairs such as ``0-0 1-2:0.5`` of word numbers."""
    found = []
    for link in links.split():
        pair, _, weight = link.partition(":")
        s, t = pair.split("-")
        found.append(Link(int(s), int(t), float(weight or 0.9)))
    words = tuple((start + a, start + b) for a, b in words_of(source))
    return Block(start, start + len(source), target, (), Alignment(words, words_of(target), tuple(found)))


def placed(tagged: str, target: str, links: str) -> str:
    one = segment(tagged)
    return render(one, [block(one.text, target, links)], plain)


@pytest.mark.parametrize(
    ("tagged", "target", "links", "expected"),
    [
        ("a <b>red</b> car", "un coche rojo", "0-0 1-2 2-1", "un coche <b>rojo</b>"),
        ("a <b>red car</b>", "un coche rojo", "0-0 1-2 2-1", "un <b>coche rojo</b>"),
        ("<b>a red car</b>.", "un coche rojo.", "0-0 1-2 2-1", "<b>un coche rojo</b>."),
        ("a <b>red</b> <i>car</i>", "un coche rojo", "0-0 1-2 2-1", "un <i>coche</i> <b>rojo</b>"),
        ("a <b><i>red</i> car</b>", "un coche rojo", "0-0 1-2 2-1", "un <b>coche <i>rojo</i></b>"),
        ("a <b><i>red</i></b> car", "un coche rojo", "0-0 1-2 2-1", "un coche <b><i>rojo</i></b>"),
        ("Do <b>you like it?</b>", "¿Te gusta?", "1-0 2-1 3-1", "<b>¿Te gusta?</b>"),
        ("Look, <b>a car!</b>", "Mira, ¡un coche!", "0-0 1-1 2-2", "Mira, <b>¡un coche!</b>"),
        ("<b>Look</b> here!", "¡Mira aquí!", "0-0 1-1", "¡<b>Mira</b> aquí!"),
        ("Look <b>(here)</b> now", "Mira (aquí) ahora", "0-0 1-1 2-2", "Mira <b>(aquí)</b> ahora"),
        ("Look (<b>here</b>) now", "Mira (aquí) ahora", "0-0 1-1 2-2", "Mira (<b>aquí</b>) ahora"),
        ("Look<b> here</b> now", "Mira aquí ahora", "0-0 1-1 2-2", "Mira<b> aquí</b> ahora"),
        ("a <b>b </b>c", "x y z", "0-0 1-1 2-2", "x <b>y </b>z"),
        ("Good<br/>, day", "Bueno, día", "0-0 1-1", "Bueno<br/>, día"),
        ("Good <br/>day", "Buen día", "0-0 1-1", "Buen <br/>día"),
        ("It is true<i/>. Now", "Es cierto. Ahora", "0-0 1-0 2-1 3-2", "Es cierto<i/>. Ahora"),
        ("It is true.<i/>", "Es cierto.", "0-0 1-0 2-1", "Es cierto.<i/>"),
        ("the red<i/> car", "el coche rojo", "0-0 1-2 2-1", "el coche rojo<i/>"),
        ("<b>Hello</b>", "", "", "<b></b>"),
        ("<b>Hello</b> {x}", "Hola {x}", "0-0 1-1", "<b>Hola</b> {x}"),
        ("pay l'<b>eau</b> now", "bezahle das Wasser jetzt", "0-0 1-1 2-2 3-3", "bezahle das <b>Wasser</b> jetzt"),
        ("<b>H</b>ello you", "Hola tú", "0-0 1-1", "<b>Hola</b> tú"),
        ("Drink H<u>2</u>O now", "Bebe H2O ahora", "0-0 1-1 2-2", "Bebe H<u>2</u>O ahora"),
        ("It is <b>$5</b> now", "Es $5 ahora", "0-0 2-1 3-2", "Es <b>$5</b> ahora"),
        ("It is $<b>5</b> now", "Es $5 ahora", "0-0 2-1 3-2", "Es $<b>5</b> ahora"),
        ("It is <b>5 €</b> now", "Es 5 € ahora", "0-0 2-1 3-2", "Es <b>5 €</b> ahora"),
        ("It is <b><i>$</i>5</b> now", "Es $5 ahora", "0-0 2-1 3-2", "Es <b><i>$</i>5</b> ahora"),
        ("my <b>grandmother</b> here", "ma grand-mère ici", "0-0 1-1 2-3", "ma <b>grand-mère</b> ici"),
        ("it is <b>today</b>", "c'est aujourd'hui", "0-0 1-1 2-2", "c'est <b>aujourd'hui</b>"),
        ("I do <b>not</b> go", "I don't go", "0-0 2-2 3-3", "I <b>don't</b> go"),
        ("Hello<m/>, welcome you", "¡Hola, bienvenido!", "0-0 1-1 2-1", "¡Hola<m/>, bienvenido!"),
        ("Hello <b>big</b> world", "Hola grande", "0-0:0.74 1-0:0.25 1-1:0.52 2-1:0.58 0-1:0.17", "Hola <b>grande</b>"),
        ("the <b>water</b> here", "l'eau ici", "0-0 1-1 2-2", "l'<b>eau</b> ici"),
    ],
)
def test_placed(tagged: str, target: str, links: str, expected: str) -> None:
    assert placed(tagged, target, links) == expected


def test_pieces_stay_on_their_side_of_a_tag() -> None:
    one = segment("see <b>the {x}</b> and {y}")
    piece_x, piece_y = (span for span in one.spans if span.kind is Kind.NAME)
    target = "{y} uno {x} dos"
    for links in ((), (Link(1, 0, 0.9), Link(2, 0, 0.9), Link(3, 2, 0.9)), (Link(1, 3, 0.9), Link(1, 0, 0.9))):
        alignment = Alignment(((0, 3), (4, 7), (8, 11), (16, 19)), ((0, 3), (4, 7), (8, 11), (12, 15)), links)
        pieces = (Piece(0, 3, piece_y), Piece(8, 11, piece_x))
        result = render(one, [Block(0, len(one.text), target, pieces, alignment)], plain)
        assert "{x}" in result[result.index("<b>") : result.index("</b>")]
        assert "{y}" not in result[result.index("<b>") : result.index("</b>")]


def test_a_pair_around_a_piece_holds_that_and_nothing_else() -> None:
    one = segment("hello <b>{x}</b> you")
    (span,) = (span for span in one.spans if span.kind is Kind.NAME)
    source, target = ((0, 5), (6, 9), (10, 13)), ((0, 4), (5, 6), (7, 10), (11, 13))
    links = (Link(0, 0, 0.9), Link(1, 1, 0.9), Link(1, 2, 0.9), Link(2, 3, 0.9))
    alignment = Alignment(source, target, links)
    result = render(one, [Block(0, 13, "hola a {x} tú", (Piece(7, 10, span),), alignment)], plain)
    assert result == "hola a <b>{x}</b> tú"


def test_a_pair_over_two_sentences_ends_in_the_second() -> None:
    one = segment("I am <b>here. You</b> are there.")
    blocks = [
        block("I am here.", "Yo estoy aquí.", "0-0 1-1 2-2"),
        Block(10, 11, " "),
        block("You are there.", "Tú estás allí.", "0-0 1-1 2-2", start=11),
    ]
    assert render(one, blocks, plain) == "Yo estoy <b>aquí. Tú</b> estás allí."


@pytest.mark.parametrize("kind", ["none", "crossing", "straight", "one"])
def test_a_long_block_is_divided_whatever_its_links(kind: str) -> None:
    count = 3000
    text = " ".join("w" * count)
    words = words_of(text)
    links = {
        "none": (),
        "crossing": tuple(Link(n, count - 1 - n, 0.9) for n in range(count)),
        "straight": tuple(Link(n, n, 0.9) for n in range(count)),
        "one": tuple(Link(0, n, 0.9) for n in range(count)),
    }[kind]
    parts = make_parts([Block(0, len(text), text, (), Alignment(words, words, links))])
    assert max(len(part.target) for part in parts) <= 300
    assert max(len(part.source) for part in parts) <= 300
    assert [word for part in parts for word in part.target] == list(words)
    assert [word for part in parts for word in part.source] == list(words)
    assert all(0 <= word < len(part.source) for part in parts for own in part.links for word, _ in own)


def test_without_links_a_pair_goes_where_its_neighbours_are() -> None:
    assert placed("a b <b>c</b> d e", "v w x y z", "0-0 1-1 3-3 4-4") == "v w <b>x</b> y z"


def test_what_is_verbatim_keeps_its_tags_in_place() -> None:
    one = segment("12 <b>34</b>, <i/>56")
    assert render(one, [Block(0, len(one.text), one.text)], plain) == "12 <b>34</b>, <i/>56"


def test_escaped_text_and_unescaped_tags() -> None:
    one = segment("a & <b>c</b>", escape=True)
    assert render(one, [block("a & c", "<x> & y", "0-0 1-1")], plain) == "&lt;x&gt; &amp; <b>y</b>"


_TEXT = st.text(alphabet="ab ,.¿é漢'", max_size=4)


@st.composite
def _tagged(draw: st.DrawFn, depth: int = 3) -> str:
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.integers(0, 3 if depth else 1))
        parts.append(
            draw(_TEXT)
            if kind == 0
            else f"<m{draw(st.integers(0, 9))}/>"
            if kind == 1
            else f"<p>a{draw(_tagged(depth=depth - 1))}b</p>"
        )
    return "".join(parts)


@given(_tagged(), st.text(alphabet="xyz ,.!漢", max_size=30), st.randoms(use_true_random=False))
def test_any_alignment_keeps_all_tags_nested_and_all_text(tagged: str, target: str, chance: random.Random) -> None:
    one = segment(tagged)
    middle = chance.randint(0, len(one.text))
    cut = chance.randint(0, len(target))
    blocks = []
    for start, end, own in ((0, middle, target[:cut]), (middle, len(one.text), target[cut:])):
        source = words_of(one.text[start:end])
        links = " ".join(
            f"{chance.randrange(len(source))}-{chance.randrange(len(words_of(own)))}:{chance.random():.2f}"
            for _ in range(chance.randint(0, 12) if source and words_of(own) else 0)
        )
        blocks.append(block(one.text[start:end], own, links, start))
    result = render(one, blocks, plain)
    assert _without_tags(result) == target
    assert sorted(_tags(result)) == sorted(_tags(tagged))
    assert _shape(result) == _shape(tagged)


def _without_tags(text: str) -> str:
    return re.sub(r"</?\w+/?>", "", text)


def _tags(text: str) -> list[str]:
    return re.findall(r"</?\w+/?>", text)


def _shape(text: str) -> object:
    """The tree of tags without regard to the order of siblings."""
    stack: list[list[object]] = [[]]
    for tag in _tags(text):
        if tag.startswith("</"):
            inner = stack.pop()
            stack[-1].append(("pair", tuple(sorted(inner, key=repr))))
        elif tag.endswith("/>"):
            stack[-1].append(tag)
        else:
            stack.append([])
    return sorted(stack[0], key=repr)
