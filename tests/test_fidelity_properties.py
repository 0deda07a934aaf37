"""What no model can break: whatever the fake ones do, for any text and any markup."""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from libretranslate_py.drafts import protect_all
from libretranslate_py.errors import TranslationFailed
from libretranslate_py.text import markup, paragraphs
from libretranslate_py.text.glossary import build
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import DEFAULT
from libretranslate_py.text.spans import Kind, Span, Template, segments_of
from tests.mischief import INVENTIONS, LINE_ENDS, Mischief, World, open_world
from tests.random_documents import Document, Maker, names, shown, split, structure, tokens

# More for a long search.
_TIMES = int(os.environ.get("FIDELITY_TIMES", "1"))


def examples(count: int) -> settings:
    return settings(
        max_examples=count * _TIMES,
        deadline=None,
        # The same documents every time; FIDELITY_TIMES looks for new ones.
        derandomize=_TIMES == 1,
        suppress_health_check=list(HealthCheck),
        # Shrinking would take minutes: what a seed makes does not shrink.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as world:
        yield world


ROUTES = st.sampled_from([("en", "es"), ("en", "fr"), ("es", "fr"), ("en", "zh"), ("en", "ar"), ("es", "de")])
MISCHIEF = st.builds(Mischief, st.integers(0, 2**32), faithful=st.booleans())
# One seed is one document: shrinking is left to the number of blocks, and there is no nesting to get lost in.
SEEDS = st.integers(0, 2**32)
BLOCKS = st.integers(1, 3)
ALTERNATIVES = st.integers(0, 3)


def made(seed: int, blocks: int, terms: tuple[str, ...] = ()) -> Document:
    return Maker(random.Random(seed), terms).document(blocks)


# --- HTML ---


def check_document(document: Document, before: Counter[tuple[object, ...]], result: str) -> None:
    assert structure(result) == before
    for tag in document.tags:
        assert len(re.findall(tag, result)) == 1, tag
    for piece in document.verbatim:
        assert result.count(piece) == 1, piece
    # What a model writes as an entity is never one.
    assert shown(result).count("♥") == result.count("♥")


@examples(250)
@given(SEEDS, BLOCKS, MISCHIEF, ROUTES, ALTERNATIVES)
def test_a_document_keeps_its_elements(
    world: World, seed: int, blocks: int, mischief: Mischief, route: tuple[str, str], alternatives: int
) -> None:
    document = made(seed, blocks)
    before = structure(document.markup)
    (versions,) = world.translate([document.markup], mischief, route, form="html", alternatives=alternatives)
    for result in versions:
        check_document(document, before, result)


# What follows is put together as it comes: tags without ends, ends without tags, quotes that never close.
SOUP = st.lists(
    st.sampled_from(
        [
            *split("<b> </b> <i> </i> <p> </p> </a> <li> <ul> </ul> <td> <tr>"),
            *("<a href=x>",),
            *split("<table> </table> <br> <br/> </br> <!-- --> <!x> <?x>"),
            *(
                "<img src=x>",
                "<!-- c -->",
            ),
            *split("< <b </ > & &lt &lt; &# &#x &#60; &nbsp; &amp;b;"),
            *(
                "< ",
                "<b ",
                "</ x>",
            ),
            *split("' = /> <code> </code> <x/>"),
            *(
                "<div title='a b' x>",
                '<div title="a b',
                '"',
                "<q lang=de>",
            ),
            *("</q>", "<span translate=no>", "</span>", "<span>", "<script>", "</script>", "<style>", "</style>"),
            *("<title>", "</title>", "<textarea>", "</textarea>", "<svg>", "</svg>", "<text>", "</text>", "<math>"),
            *("<button>", "</button>", "<select>", "<option>", "</select>", "<pre>", "</pre>", "<h1>", "</h1>", "<a>"),
            *split("<form> </form> <label> <ruby> <rt> </ruby> <B> </I>"),
            *(
                "<p hidden>",
                "<html lang=en>",
            ),
            *("<body>", "</body>", "</html>", "<head>", "<!DOCTYPE html>", "<iframe>", "</iframe>", "<plaintext>"),
            *("<template>", "</template>", "\n", " ", "  ", ".", ". ", ", ", "!", "word ", "Two words. ", "word", "x"),
            *("{name}", "http://x.org/a", "é", "漢字", "سلام", "\x00", "\ud800", "&notit;", "tree house ", "&copy"),
        ]
    ),
    max_size=25,
).map("".join)
# Where browsers take a <title> for another element or none, what it holds is markup; here it is text, which is safe.
_LOST_TITLE = re.compile("<(?:select|svg|math)>.*<title>", re.DOTALL)


@examples(300)
@given(SOUP.filter(lambda soup: not _LOST_TITLE.search(soup)), MISCHIEF, ROUTES, st.booleans())
def test_any_markup_keeps_its_tags(
    world: World, soup: str, mischief: Mischief, route: tuple[str, str], attributes: bool
) -> None:
    ((result, *_),) = world.translate([soup], mischief, route, form="html", attributes=attributes)
    before = tokens_of(soup.replace("\ud800", "\ufffd"))
    assert tokens_of(result) == before
    assert set(names(result)) <= set(names(soup.replace("\ud800", "\ufffd")))


def tokens_of(markup: str) -> Counter[tuple[str, ...]]:
    """Tags, comments and doctypes, but for what says the language."""
    try:
        found = tokens(markup)
    except AssertionError:
        # The parser's own: some nestings of tables and selects it has never thought of.
        reject()
    return Counter(tuple(part for part in token if not part.startswith(("lang=", "dir="))) for token in found)


@examples(300)
@given(st.text() | SOUP | st.text(alphabet="<>&;/!-?='\" aA#b\n"), MISCHIEF, st.sampled_from(["html", "text"]))
def test_any_text_is_translated(world: World, text: str, mischief: Mischief, form: str) -> None:
    world.translate([text], mischief, form=form, alternatives=2)


COPIES = Mischief(0, most=0, empties=False, faithful=True)


@examples(150)
@given(SEEDS, BLOCKS)
def test_nothing_is_lost_or_doubled_on_the_way(world: World, seed: int, blocks: int) -> None:
    document = made(seed, blocks)
    ((result,),) = world.translate([document.markup], COPIES, form="html")
    assert sorted(letters(result)) == sorted(letters(document.markup))


def letters(markup: str) -> str:
    """What is shown without what may change: case, spaces, and punctuation in the way of the target."""
    return re.sub(r"[\W_]+", "", shown(markup)).casefold()


# "_" becomes a word that is like no other: words that are alike may be taken for each other.
NESTED = st.recursive(
    st.integers(1, 4).map(lambda count: " ".join("_" * count)),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["b", "i", "a href=x", "code", "span"]), inner).map(
            lambda made: f"<{made[0]}>{made[1]}</{made[0].split()[0]}>"
        )
        | inner,
        min_size=1,
        max_size=4,
    ).map(" ".join),
    max_leaves=8,
)


@examples(150)
@given(NESTED, st.randoms(use_true_random=False))
def test_a_tag_is_on_its_own_words(world: World, nested: str, chance: random.Random) -> None:
    words = [f"{a}{b}{c}mer" for a in "bdfgklm" for b in "aeiou" for c in "nrst"]
    chance.shuffle(words)
    document = f"<p>{re.sub('_', lambda _: words.pop(), nested)}</p>"
    ((result,),) = world.translate([document], COPIES, form="html")
    assert result == document


@pytest.mark.parametrize(
    "document",
    [
        "<div><strong><br><em>x</em></strong>tree two</div>",
        "<font><option></option>,</font> <b>x<br></b>",
        "<q>One two.<br>three four</q> five <i>six</i>",
        "<p>one <b>two <i>three</i></p><p>four</b> five</p>",
        "<p>x <i>x</i>ly<code>git</code> end of <b>it</b></p>",
        "<p>one <a href=x>see <code>ls</code></a> two three.</p>",
        "<p><q>cafe Sunday of <input></q> <a href=x></a>,cloud one</p>",
        "<p>one two <code>x</code> three <code>y <!-- z",
    ],
)
@pytest.mark.parametrize("faithful", [True, False])
def test_what_once_broke(world: World, document: str, faithful: bool) -> None:
    before = structure(document, protected_stay=True)
    for seed in range(20):
        mischief = Mischief(seed, most=3 * (not faithful), faithful=faithful)
        ((result,),) = world.translate([document], mischief, form="html")
        assert structure(result, protected_stay=True) == before


@examples(100)
@given(st.text() | SOUP, SEEDS, st.sampled_from(["html", "text"]))
def test_to_its_own_language_nothing_changes(world: World, text: str, seed: int, form: str) -> None:
    text = text.replace("\ud800", "")
    for one in (text, made(seed, 1).markup):
        assert world.translate([one], Mischief(seed), ("es", "es"), form=form) == [(one,)]


# --- plain text ---

_SEPARATOR = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029|]")
LINE_PIECES = st.sampled_from(
    [
        *split("House cloud . ( )"),
        *(
            "word ",
            "Two words. ",
            "tree ",
            "river, ",
            " ",
            "  ",
            "   ",
            "! ",
            "? ",
            ": ",
        ),
        *split("|"),
        *("\n", "\r\n", "\t", "\n\n", " | ", "- ", "* ", "1. ", "> ", "# ", "\u2028", "\x00"),
        *(
            "\x85",
            "\x0b",
            "\r",
        ),
        *split("{name} %s %(n)d %1$s ${v} {0} http://x.org/a?b=1 me@x.org @handle #tag"),
        *("{{ x }}",),
        *split("/etc/passwd v1.2.3 `code` [1] :name <b> </b> <br> ** ~~ 🙂"),
        *(
            "<x id='1'/>",
            "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        ),
        *split("&nbsp; &amp; &lt; [a](http://y.org) [ ] ](z)"),
        *("{n, plural, one {# file} other {# files}}",),
        *split("漢字。 é"),
        *("{g, select, a {He {name}} other {They}}", "سلام ", "\u200b", "\u202e", "\ud83d"),
        *("x" * 120,),
        *split("%d%% NATO some_name camelCase file.txt"),
        *(
            "100 %",
            "don’t ",
            "— ",
            "“a” ",
            "café ",
            "\xa0",
            "\u3000",
        ),
    ]
)
TEXTS = st.lists(LINE_PIECES, max_size=16).map("".join)


def literals(spans: list[Span]) -> Counter[str]:
    """What must be in a translation, as it is, as often as here."""
    found: Counter[str] = Counter()
    for span in spans:
        for template in (span.opening, span.closing, span.output):
            found.update(piece for piece in template if isinstance(piece, str) and piece.strip())
    return found


@examples(500)
@given(TEXTS | st.text(), MISCHIEF, ROUTES, ALTERNATIVES)
def test_a_text_keeps_its_separators_and_placeholders(
    world: World, text: str, mischief: Mischief, route: tuple[str, str], alternatives: int
) -> None:
    quiet = Mischief(mischief.seed, inventions=[w for w in INVENTIONS if "|" not in w], faithful=mischief.faithful)
    (versions,) = world.translate([text], quiet, route, alternatives=alternatives)
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    for result in versions:
        assert _SEPARATOR.findall(result) == _SEPARATOR.findall(text)
        for piece, count in literals(DEFAULT.find(text)).items():
            assert result.count(piece) >= count, piece


_KNOWN = ("{name}", "%(n)d", "{{ x }}", "${v}", "http://x.org/a?b=1", "me@x.org", "@handle", "/etc/passwd", "`code`")


@examples(300)
@given(st.lists(st.sampled_from([*_KNOWN, "word", "Two words.", "tree,", "\n", "\t"]), max_size=14), MISCHIEF, ROUTES)
def test_a_placeholder_comes_exactly_once(
    world: World, pieces: list[str], mischief: Mischief, route: tuple[str, str]
) -> None:
    text = " ".join(pieces)
    ((result, *_),) = world.translate([text], mischief, route)
    for piece in _KNOWN:
        assert result.count(piece) == text.count(piece), piece


@examples(300)
@given(TEXTS, SEEDS)
def test_a_model_that_writes_lines_makes_none(world: World, text: str, seed: int) -> None:
    ((result, *_),) = world.translate([text], Mischief(seed, inventions=LINE_ENDS))
    text = text.replace("\ud83d", "\ufffd")
    assert re.findall(r"[\n\r\t\u2028]", result) == re.findall(r"[\n\r\t\u2028]", text)


# --- glossaries ---

# Nothing else has these targets in it, and no model says them.
TERMS = {
    "cloud": "Zw<b>1",
    "tree": 'Zw&amp;2"',
    "tree house": "Zw'3 &",
    "House": "Zw4",
    "Two words": "zw 5",
    "river cloud": "zw-6 zwei",
    "漢字": "字Zw7",
    "سلام": "Zwسل8",
    "a": "Zw9.",
}


def found_terms(template: Template) -> Counter[str]:
    """What the glossary found, as it must be written, quotes and case apart."""
    spans = [span for one in segments_of(template) for span in one.spans]
    return Counter(comparable("".join(map(str, span.output))) for span in spans if span.kind is Kind.TERM)


def comparable(written: str) -> str:
    """Quotes are escaped in attributes only, and a term that begins a sentence gets its capital."""
    return written.replace("&quot;", '"').replace("&#39;", "'").casefold()


def find_terms(source: str, target: str) -> Finder:
    glossary = build(TERMS)
    assert glossary
    return lambda text: glossary.find(text, target)


@examples(250)
@given(SEEDS, BLOCKS, MISCHIEF, ROUTES, ALTERNATIVES)
def test_terms_are_in_a_document(
    world: World, seed: int, blocks: int, mischief: Mischief, route: tuple[str, str], alternatives: int
) -> None:
    document = made(seed, blocks, tuple(TERMS))
    (versions,) = world.translate(
        [document.markup], mischief, route, form="html", alternatives=alternatives, terms=find_terms
    )
    template = markup.extract(document.markup, source=route[0], target=route[1])
    template = protect_all(protect_all(template, DEFAULT.find), find_terms(*route))
    wanted = found_terms(template)
    before = structure(document.markup)
    for result in versions:
        check_document(document, before, result)
        for term, count in wanted.items():
            # More than that is what a model was shown and has written once more, within another word.
            assert comparable(result).count(term) >= count, term


@examples(250)
@given(
    st.lists(st.sampled_from([*TERMS, *_KNOWN, "word", "goes.", "\n", "CLOUD", "Tree"]), max_size=14), MISCHIEF, ROUTES
)
def test_terms_are_in_a_text(world: World, words: list[str], mischief: Mischief, route: tuple[str, str]) -> None:
    text = " ".join(words)
    ((result, *_),) = world.translate([text], mischief, route, terms=find_terms)
    template = protect_all(paragraphs.extract(text, DEFAULT.find), find_terms(*route))
    for term, count in found_terms(template).items():
        # More than that is what a model was shown and has written once more, within another word.
        assert comparable(result).count(term) >= count, term
    for piece in _KNOWN:
        assert result.count(piece) == text.count(piece), piece


# --- requests ---


@examples(100)
@given(st.lists(TEXTS, max_size=4), SEEDS, st.sampled_from(["html", "text"]), ROUTES)
def test_a_model_that_breaks_gives_all_or_nothing(
    world: World, texts: list[str], seed: int, form: str, route: tuple[str, str]
) -> None:
    sound = Mischief(seed)
    expected = world.translate(texts, sound, route, form=form)
    try:
        world.translate(texts, Mischief(seed, raises=True), route, form=form)
    except TranslationFailed as error:
        assert error.__cause__ is not None or "memory" in str(error.reason)
    assert patiently(lambda: world.translate(texts, sound, route, form=form)) == expected


def patiently(translate: Callable[[], list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Sentences of the failed request that are still on their way fail for who asks for the same as well."""
    for _ in range(100):
        with suppress(TranslationFailed):
            return translate()
        time.sleep(0.01)
    return translate()


@examples(150)
@given(st.lists(TEXTS | SOUP, max_size=4), MISCHIEF, ROUTES, st.sampled_from(["html", "text"]), ALTERNATIVES)
def test_each_answer_is_of_its_own_text(
    world: World, texts: list[str], mischief: Mischief, route: tuple[str, str], form: str, alternatives: int
) -> None:
    together = world.translate(texts, mischief, route, form=form, alternatives=alternatives)
    assert len(together) == len(texts)
    alone = [world.translate([t], mischief, route, form=form, alternatives=alternatives)[0] for t in texts]
    assert together == alone
    assert all(len(set(versions)) == len(versions) <= alternatives + 1 for versions in alone)
