"""What is a placeholder, what is not, and that nobody's expression slows the server down."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.errors import InvalidParameter
from libretranslate_py.text.paragraphs import extract
from libretranslate_py.text.pieces import protect
from libretranslate_py.text.placeholder_kinds import KINDS, scanner
from libretranslate_py.text.placeholder_search import is_plain
from libretranslate_py.text.placeholders import DEFAULT, NOTHING, parse
from libretranslate_py.text.spans import Kind, Segment, Span, fill, segments_of
from tests.text.test_pieces import check, rendered

# In the examples, what is found stands in « »; the text is the same without these.
FOUND = {
    "printf": [
        "Hello «%s», you are «%d» years old",
        "«%1$s» of «%2$d»",
        "«%(name)s» has «%(count)d» files",
        "Loaded «%.2f» of «%5d»",
        "Saved «%@» and «%ld», «%lu», «%zu»",
        "Now «50%%» off",
        "Up to «%d%%» off",
        "«%i» and «%u» and «%x»",
        "Size: «%d»x«%d» pixels",
        "Page «%1» of «%2»",
        "«%s»'s turn",
    ],
    "braces": [
        "Hello «{name}», it is «{0}»",
        "Hello «{{ name }}» and «{{name|filter}}»",
        "Cost: «${x}» or «#{x}» or «%{name}»",
        "«{% if x %}»yes«{% endif %}»",
        "Dear «%name%», hello",
        "Hi «{user.name}», «{0:N2}» left",
        "Hi «{name!r:>10}» and «{items[0]}»",
        "«{{#if x}}»yes«{{/if}}»",
        "On «{date:dd MMM yyyy}» we met",
        "An empty «{}» here",
        "«{count}» files and «{total}» bytes",
        'Hi «<%= t("x") %>» and «<% if a < b %>»',
        "Hi «<?= $x ?>» and «<?php echo $x; ?>»",
        "Dear «*|FNAME|*», on «*|LIST:NAME|*»",
        "Hi «[[name]]» and «[[ user.name ]]»",
        "See «$t(a.b)» and «@:a.b» and «@.lower:x»",
        "Hi «{# a comment #}» there",
        "«{\\an8}»Hi «{\\i1}»there",
    ],
    "icu": [
        "You have «{count, plural, one {# file} other {# files}}» now",
        "«{gender, select, male {He} female {She} other {They}}» came",
        "The «{n, selectordinal, one {#st} two {#nd} other {#th}}» day",
        "Due «{d, date, short}» or so",
        "Sum «{x, number}» here",
        "«{count, plural, offset:1 =0 {none} =1 {one} other {# more}}» left",
        "«{a,plural,other{b}}» c",
        "«{n, plural,\n one {a file}\n other {# files}\n}» left",
    ],
    "colon": [
        "Hello «:name», hi",
        "«:count» files",
        "The «:attribute» field (see «:other_field») is required.",
        "«[:link]»",
        'Say «":word"» twice',
        "From «:from» to «:to»",
        "«:min_value» is least",
        "No more than «:max» items.",
        "«:count» apple|«:count» apples",
        "Page «:page»/«:pages» of it",
        "So >«:name»< and *«:name» and «':name'»",
        "a |«:name»| b",
    ],
    "shortcode": ["I «:smile:» you", "Well «:+1:»", "«:heart_eyes:» yes", "(«:tada:»)"],
    "tag": [
        'Click «<x id="1"/>» now',
        '«<g id="1">»text«</g>» here',
        "One«<br/>»two«<br>»three",
        "«<b>»bold«</b>» text",
        "«<0>»Read«</0>» this",
        "«<a href='x'>»a«</a>» link",
        "«<b>»open only",
        "close«</b>» only",
        "Enter «<filename>» here",
        "«<mrk mtype=\"x\">»a «<ph id='2'/>» b«</mrk>»",
        "So «<!-- no <b> here -->» it is",
        "«<v Roger>»Hi",
        '«[caption id="a" align="b"]»The dog«[/caption]» and «[gallery ids="1,2"]»',
        "«[b]»bold«[/b]» and «[url=https://a.org]»link«[/url]»",
    ],
    "markdown": [
        "So «**»very«**» good",
        "So «*»very«*» good",
        "So «__»very«__» good",
        "So «~~»very«~~» good",
        "See «[»this page«](https://a.org/b_(c))» now",
        '«![»a cat«](cat.png "Cat")» here',
        "«**»all «*»of«*» it«**» counts",
        "«**»粗体«**»文字",
        "«***»very«***» good",
        "See «[»here«][1]», «![»a cat«][cat]», «[»so«][]»",
        "«[»«![»a cat«](cat.png)»«](https://a.org)» yes",
        "«[»«![»a«](a.png)» and «![»b«][b]» so«](https://a.org)»",
        "the page«](https://a.org/b)» is",
        "«**»[the«**» page«](https://a.org/b)» is",
    ],
    "code": ["Run «`x y`»", "«``ab``» is it", "Use «`foo`» and «`bar`»", "So\n«```\na b\n```»\nis it"],
    "citation": [
        "As shown.«[1]»",
        "Both «[12, 13]» agree",
        "A note«[^1]» here",
        "Range«[1–3]» of it",
        "so«[a]» said",
        "«[^1]:» a note",
        "a\n«[1]:» /a",
        "«[20,*]» many",
    ],
    "handle": ["Ask «@bob» now", "«@bob_smith», hi", "cc «(@ann)»", "«@user@mastodon.social», too"],
    "hashtag": ["It is «#sunny» today", "«#Tag1» and «#tag_two»", "a «(#x1y)»", "«#été» arrive"],
    "url": [
        "See «https://x.org/a».",
        "See «https://x.org/a_(b)», please",
        "(see «https://x.org/a»)",
        "(see «https://x.org/a(b)c».)",
        "[«example.org/a»](b c)",
        "https is «https://x.org/{id}/[0]»,",
        "«www.example.org» is down",
        "Go to «example.com/path?x=1#y»!",
        "At «example.com» and «docs.python.org»",
        "Write «mailto:a@b.org» now",
        "请看«https://example.com»。谢谢",
        "«ftp://user:pw@host:21/x» works",
        "Open «http://localhost:5000» first",
    ],
    "email": ["Mail «info@example.com».", "«a.b+c@d-e.co.uk», hi", "«<x@y.de>»", "to «me_1@sub.example.org»!"],
    "path": [
        "Run «/usr/bin/x» now",
        "In «C:\\dir\\file.txt», see",
        "«~/x» and «./a/b» and «../c»",
        "Open «file.txt».",
        "Edit «src/main/app.py» first",
        "The «README.md» file",
        "All «*.txt» files",
        "«(/usr/bin/x)»",
        "A «report-2024.final.pdf» came",
        "Uses «Node.js» here",
    ],
    "version": [
        "Since «v1.2.3» it works",
        "Since «1.2.3-beta» it works",
        "Version «2.10.4» is out",
        "At «192.168.0.1» now",
        "In «v2» of it",
        "Needs «v1.0.0-rc.1».",
        "Version «1.2.3+build5» is",
        "to «10.0.0.0/8» only",
    ],
    "number": [
        "Call «+44 20 7946 0958» or «+1 (555) 123-4567»",
        "Call «(555) 123-4567», «555-123-4567», «020 7946 0958»",
        "ISBN «978-3-16-148410-0» and «9783161484100»",
        "On «2024-01-02» at «2024-01-02 12:00:01», «2024-01-02T12:00:01.123Z».",
        "At «12:00:01» it ended",
        "Host «2001:db8::1» and «00:1B:44:11:3A:B7»",
        "Order «SKU-4471», «AX-12», «INV-2024-0042», «AB12345», «SKU-1234-AB», «AB-12-C-3»",
        "It costs «$5.99», «€1,000.50», «1.000,50 €», «US$ 20»; not 5.99",
        "Pay to «DE89 3704 0044 0532 0130 00» or «1234 5678 9012 3456»",
        "«00:00:05.000 --> 00:00:06.000 position:10%»\nHi",
        "1\n«00:00:05,000 --> 00:00:06,000»\nHi",
    ],
    "identifier": [
        "Call «getName» first",
        "Set «MAX_SIZE» to 5",
        "The «user_id» is wrong",
        "Use «foo()» here",
        "Id «550e8400-e29b-41d4-a716-446655440000» failed",
        "Commit «a67e252f» broke it",
        "At «0xFF» it ends",
        "The «MyClassName» class",
        "Call «obj.method()» now",
        "In «__init__» it",
    ],
    "emoji": [
        "Hi «😀» there",
        "Good «👍🏽»!",
        "Our «👨‍👩‍👧» family",
        "In «🇩🇪🇫🇷» and",
        "Press «1️⃣» now",
        "I «❤️» you",
        "I «❤» you",
        "A «🏴󠁧󠁢󠁥󠁮󠁧󠁿» flag",
    ],
    "formula": [
        "«5 < 6» and «7 > 3»",
        "If «a = b + c», then «x -> y».",
        "So «x != y» or «2x <= 3.5»!",
        "«(a + b)»",
        "A room of «3 x 4» metres",
        "«2 × 3 × 4» cm",
        "See «§ 5» and «§§ 12.3a»",
        "We are «#1»",
        "«AT&T» and «R&D»",
        "«x &lt; 5» here",
        "«a = b - c» so",
        "«$5 + $10» in all",
        "«50% + 5%» off",
    ],
    "entity": [
        "«©» 2024 Acme«™»",
        "a«&nbsp;»b",
        "a«&nbsp;&#160;&#xA0;»b",
        "5 «&#8364;» only",
        "«&quot;»Hi«&quot;»",
        "a«&#xA0;»b",
        "the «&lt;»word«&gt;» here",
        "so «&laquo;» very «&raquo;» good",
        "«&ldquo;»one «&quot;»two«&quot;»«&rdquo;»",
        "«&lt;b&gt;»bold«&lt;/b&gt;» text«&lt;br/&gt;»",
        "«&lt;a href=&quot;x&quot;&gt;»link«&lt;/a&gt;»",
        "«&quot;»open only",
        "«AT&amp;T» and «R&amp;D»",
        "non«&shy;»sense",
        "One«\\n»Two«\\n\\n»three, a«\\t»B«\\n»",
    ],
}

NOT_FOUND = {
    "printf": [
        "100% sure",
        "50 % de réduction",
        "5% discount",
        "5%discount",
        "100 % in all",
        "100%d'accord",
        "at 20% interest",
        "between 5%, 6% and 7%",
    ],
    "braces": [
        "{this is a sentence}",
        "{note: this is prose}",
        "a { b",
        "a } b",
        "set {1, 2, 3}",
        "{a, b}",
        "{ two words }",
        "5% or 6%",
        "[[a]",
        "<% a",
        "*|x|*",
        "{# a",
        "@: a",
        "$t (a)",
    ],
    "icu": [
        "{count, plural, one}",
        "{count, plural, one {x}",
        "{count, plural one {x}}",
        "{one, two, three}",
        "{a, plural, {x}}",
        "{count, plurals, one {x}}",
        "{count, plural}",
        "{a, select, b {c} d}",
    ],
    "colon": [
        "12:30",
        "Note: this",
        "http://x",
        ":)",
        ":D",
        "a:b",
        "12:ab",
        "std::vector",
        ":x",
        ": name",
        ":Name",
        "a/b:cd",
        "a|b:cd",
    ],
    "shortcode": ["12:30:45", "::", ":)", "a:b:c", ": x :", "one:two:three", ":1:", "C:x:"],
    "tag": [
        "a < b and c > d",
        "x<y",
        "x<y>z",
        "List<String>",
        "a <b and c> d",
        "<3 you",
        "1<2>1",
        "<a@b.org>",
        "->x<-",
        "<!-- open",
        "a [sic] b",
        "[b]old",
        "[gallery] here",
        "[TODO] it",
        "<very short>",
    ],
    "markdown": [
        "2 * 3 * 4",
        "2**3**4",
        "a *b",
        "* item *",
        "**",
        "****",
        "**a\nb**",
        "[a] (b)",
        "a_b_c",
        "[a](b c)",
        "x[a][b]",
        "[a] [b]",
        "][1]",
    ],
    "code": ["a ` b", "``", "`a\nb`", "l`eau", "~~~ So ~~~\na", "~~~~~~~\na\n~~~~~~~", "~~~\na"],
    "citation": ["[text]", "[1](x)", "[2024-01]", "[a] b", "[ ]", "[x] todo", "[1234]", "(1)"],
    "handle": ["a@b.org", "@ home", "5 @ 3", "@5", "@", "a@b", "me@", "@-x"],
    "hashtag": ["#1", "# Heading", "## Heading", "C#", "a#b", "#", "&#39;", "#12 is next", "#话题今天"],
    "url": [
        "End.It is",
        "e.g. this",
        "Fin.es bonita",
        "3.5 million",
        "a.m. and p.m.",
        "U.S. law",
        "x.y",
        "and/or",
        "http:/x",
    ],
    "email": ["a@b", "@b.org", "a@", "a @ b.org", "x@y", "a@.org", "a@b.", "@"],
    "path": ["and/or", "km/h", "1/2", "he/she", "a / b", "24/7", "Yes/No/Maybe", "5.10.2024", "word.Next", "TCP/IP"],
    "version": ["12.10.2023", "1.234.567", "3.14", "1.5 m", "10.11.12", "v", "vs.", "1.2"],
    "number": [
        "COVID-19",
        "B2B",
        "MP3",
        "A4",
        "H2O",
        "at 10:30",
        "3,000 people",
        "3 000 000 people",
        "1 000 000 000 stars",
        "12-12-12",
        "1,234,567.89",
        "$3 million",
        "US$",
        "1990-1995",
        "in 1990",
        "12.10.2023",
        "5/6/2024",
        "10-15-20",
        "call 911",
        "2:1",
        "well-known-3",
        "std::dead",
        "::",
    ],
    "identifier": [
        "iPhone",
        "McDonald",
        "JavaScript",
        "well-known",
        "NATO",
        "eBay",
        "Lehrer_innen",
        "2024",
        "facade",
        "YouTube",
    ],
    "emoji": ["a → b", "© 2024", "™", "12 # *", "…", "¡!", "½", "№ 5"],
    "entity": [
        "AT&T;",
        "a & b;",
        "&;",
        "caf&eacute;s",
        "l&#39;eau",
        "&nbsp",
        "R&D",
        "& amp;",
        "Tom &amp; Jerry",
        "x &lt; y",
        "a \\nu b",
        "\\textbf",
        "path\\to\\new and a\\b\\new",
        "\\\\n",
    ],
    "formula": [
        "Fish & chips",
        "Tom + Anna",
        "a - b",
        "y / o",
        "a / o",
        "5 and 6",
        "word = five",
        "12:30 = noon",
        "3 xs 4",
        "# 5 things",
        "&#39;",
        "5 - 6",
        "AT&T;",
        "I & my dog",
    ],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(kind, example) for kind, examples in table.items() for example in examples]


def pieces(text: str, spans: list[Span]) -> str:
    """``text`` with « » around what is found; around the delimiters of pairs."""
    edges: list[tuple[int, int]] = []
    for span in spans:
        if span.kind is Kind.PAIR:
            head, tail = len(str(span.opening[0])), len(str(span.closing[0]))
            edges += [(span.start, span.start + head), (span.end - tail, span.end)]
        else:
            edges.append((span.start, span.end))
    for start, end in sorted(edges, reverse=True):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    return text


def test_every_kind_has_examples() -> None:
    assert set(FOUND) == set(NOT_FOUND) == set(KINDS)


@pytest.mark.parametrize(("kind", "example"), cases(FOUND))
def test_found(kind: str, example: str) -> None:
    text = example.replace("«", "").replace("»", "")
    assert pieces(text, parse([kind]).find(text)) == example
    if kind not in ("icu", "handle", "braces"):
        assert pieces(text, DEFAULT.find(text)) == example


@pytest.mark.parametrize(("kind", "example"), cases(NOT_FOUND))
def test_not_found(kind: str, example: str) -> None:
    assert pieces(example, parse([kind]).find(example)) == example


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("%s", Kind.NAME),
        ("%d", Kind.NUMBER),
        ("%(count)d", Kind.NUMBER),
        ("%@", Kind.NAME),
        ("50%%", Kind.NUMBER),
        ("{name}", Kind.NAME),
        ("{count}", Kind.NUMBER),
        ("{n}", Kind.NUMBER),
        ("{{ numItems }}", Kind.NUMBER),
        ("{user.total}", Kind.NUMBER),
        ("{itemCount}", Kind.NUMBER),
        (":count", Kind.NUMBER),
        (":name", Kind.NAME),
        ("{d, date, short}", Kind.NAME),
        ('<x id="1"/>', Kind.NAME),
        ("<br/>", Kind.MARK),
        ("[1]", Kind.MARK),
        ("😀", Kind.MARK),
        ("&nbsp;", Kind.MARK),
        ("&#8364;", Kind.NAME),
        ("x = 1", Kind.NAME),
        ("({n})", Kind.NUMBER),
        ("`x`", Kind.NAME),
        ("@bob", Kind.NAME),
    ],
)
def test_what_becomes_of_it(text: str, kind: Kind) -> None:
    (span,) = DEFAULT.find(f"see {text} so")
    template = span.opening if kind is Kind.MARK else span.output
    assert (span.kind, template) == (kind, (text,))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("({x})", "({x})"),
        ('"{x}"', '"{x}"'),
        ("«{x}»", "«{x}»"),
        ("[%s]", "[%s]"),
        ("(({x}))", "({x})"),
        ("( {x} )", "{x}"),
        ("({x} y)", "{x}"),
        ("(y {x})", "{x}"),
        ("({x}]", "{x}"),
        ("f({x})", "{x}"),
        ("'{x}'s", "{x}"),
        ("用「{x}」吧", "「{x}」"),
        ("[{x}](https://a.org)", "{x}"),
        ("({a, select, other {b}})", "({a, select, other {b}})"),
    ],
)
def test_brackets_around_a_piece_are_part_of_it(text: str, found: str) -> None:
    spans = [span for span in DEFAULT.find(f"So {text} so") if span.kind is Kind.NAME]
    assert [fill(span.output, lambda arm: arm.raw) for span in spans] == [found]
    assert [f"So {text} so"[span.start : span.end] for span in spans] == [found]


def test_brackets_belong_to_one_piece_only() -> None:
    text = '"{x}"{y}"{z}"'
    assert [text[span.start : span.end] for span in DEFAULT.find(text)] == ['"{x}"', "{y}", '"{z}"']
    client = parse([r"\(", "braces"])
    assert [span.end - span.start for span in client.find("so ({x}) so")] == [1, 3]


def test_the_number_of_a_message_is_no_sign() -> None:
    (span,) = DEFAULT.find("{n, plural, one {Cat #1} other {Cats & # dogs}}")
    arms = [arm for arm in span.output if isinstance(arm, Segment)]
    assert [[(s.kind, s.output) for s in arm.spans] for arm in arms] == [[(Kind.NUMBER, ("#",))]] * 2


def test_a_space_entity_stands_for_a_space() -> None:
    text = "dog&nbsp;and cat &nbsp; so&nbsp;!"
    segment = protect(Segment(text), [DEFAULT.find])
    assert segment.text.split() == ["dog", "and", "cat", "so", "!"]
    assert [span.output for span in segment.spans] == [(" ",), (), (" ",)]
    assert rendered(segment) == text


# --- messages ---------------------------------------------------------------------------------------------------------


def test_the_arms_of_a_message_are_segments() -> None:
    text = "You have {count, plural, =0 {no messages} one {# message from {name}} other {# messages}}."
    (span,) = DEFAULT.find(text)
    arms = list(segments_of(span.output))
    assert [arm.text for arm in arms] == ["no messages", "# message from {name}", "# messages"]
    assert [[s.kind for s in arm.spans] for arm in arms] == [[], [Kind.NUMBER, Kind.NAME], [Kind.NUMBER]]
    assert fill(span.output, lambda arm: f"<{arm.text}>") == (
        "{count, plural, =0 {<no messages>} one {<# message from {name}>} other {<# messages>}}"
    )


def test_a_message_in_a_message() -> None:
    text = "{a, select, x {His {n, plural, one {# cat} other {# cats}}} other {{n, plural, other {cats}}}}"
    (span,) = DEFAULT.find(text)
    assert [segment.text for segment in segments_of(span.output)] == [
        "# cat",
        "# cats",
        "His {n, plural, one {# cat} other {# cats}}",
        "cats",
    ]


def test_a_number_sign_counts_in_plurals_only() -> None:
    (span,) = DEFAULT.find("{a, select, x {# one} other {two}}")
    assert all(not segment.spans for segment in segments_of(span.output))


def test_messages_that_are_too_deep_are_not_looked_into() -> None:
    text = "{a, select, other {x " * 50 + "}}" * 50
    (span,) = DEFAULT.find(text)
    assert fill(span.output, lambda segment: segment.raw) == text
    assert len(list(segments_of(span.output))) == 5


def test_a_message_alone_is_translated() -> None:
    text = "{n, plural, one {# file} other {# files}}"
    template = extract(text, DEFAULT.find)
    assert [piece.text for piece in template if isinstance(piece, Segment)] == ["# file", "# files"]
    assert fill(template, lambda segment: segment.raw) == text


def test_a_malformed_message_leaves_what_is_in_it() -> None:
    text = "{count, plural, one {x} see {name}"
    assert pieces(text, DEFAULT.find(text)) == "{count, plural, one «{x}» see «{name}»"


# --- requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, True])
def test_all_kinds_by_default(value: object) -> None:
    assert parse(value) == DEFAULT


@pytest.mark.parametrize("value", [False, []])
def test_none(value: object) -> None:
    assert parse(value) == NOTHING
    assert parse(value).find("%s {x} https://a.org") == []


def test_named_kinds_only() -> None:
    assert pieces("%s {x}", parse(["printf"]).find("%s {x}")) == "«%s» {x}"


def test_expressions_come_in_addition() -> None:
    text = "%s {x} ACME-1"
    assert pieces(text, parse([r"ACME-\d"]).find(text)) == "«%s» «{x}» «ACME-1»"
    assert pieces(text, parse(["printf", r"ACME-\d"]).find(text)) == "«%s» {x} «ACME-1»"


def test_expressions_win_over_kinds() -> None:
    text = "see https://a.org/ACME-1/x and {ACME-2}"
    found = parse([r"ACME-\d"]).find(text)
    assert pieces(text, found) == "see https://a.org/«ACME-1»/x and {«ACME-2»}"


def test_of_two_expressions_the_longer_wins() -> None:
    assert pieces("Foobar", parse(["Foo", "Foobar", "(bar)"]).find("Foobar")) == "«Foobar»"


@pytest.mark.parametrize("expression", ["", "x*", r"\b", "(?=a)"])
def test_empty_matches_are_ignored(expression: str) -> None:
    assert parse(["printf", expression]).find("a b c") == []


@pytest.mark.parametrize(
    "value",
    [
        1,
        "printf",
        {"a": 1},
        [1],
        [None],
        ["("],
        ["[a"],
        ["*"],
        ["a{2}{3}+*"],
        [r"\L<words>"],
        [r"\p{Nothing}"],
        ["(?P<a>x)(?P<a"],
        ["urls"],
        ["url", "emails"],
        ["x"] * 101,
        ["x" * 1001],
        [f"{n:03}" + "x" * 900 for n in range(50)],
    ],
    ids=lambda value: repr(value)[:24],
)
def test_refused(value: object) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse(value)
    assert caught.value.name == "placeholders"


@pytest.mark.parametrize(
    "expression",
    [
        "(a{1000}){1000}",
        "((a{1000}){1000}){1000}",
        "(?:" * 100 + "a" + ")+" * 100,
        "(?:" * 100 + "a" + "){2,30}" * 100,
        "(" * 499 + "a" + ")" * 499,
        "(?x)(a{1000}) {1000}",
        "(?#)(a)",
        r"\\(?x)(a{1000}) {1000}",
        "(a(?1)?b)",
        "(?R)?a",
        "a{99999999}",
    ],
    ids=lambda value: value[:24],
)
def test_refused_before_they_take_time(expression: str) -> None:
    began = time.thread_time()
    with pytest.raises(InvalidParameter):
        parse([expression])
    # Compiling these would take gigabytes; this is no measurement of speed.
    assert time.thread_time() - began < 5


@pytest.mark.parametrize(
    "expression",
    [
        r"\d{4}-\d{2}-\d{2}",
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"(?:\d{1,3}\.){3}\d{1,3}",
        r"\b[A-Z]{2,5}-\d+\b",
        r"\{\{[^}]+\}\}",
        r"(?i)acme(?:\s+(?:corp|inc)\.?)?",
        r"(?<=@)\w+",
        r"\p{Lu}\p{Ll}+ \p{Nd}+",
        r"\{id\}",
        r"\(?R\)?",
    ],
)
def test_what_people_write_is_taken(expression: str) -> None:
    assert parse([expression]).expressions == (expression,)


def test_a_misspelt_kind_is_told_with_all_kinds() -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse(["urls"])
    assert "urls" in caught.value.accepted
    assert all(kind in caught.value.accepted for kind in KINDS)


def test_expressions_have_a_time_limit() -> None:
    with pytest.raises(InvalidParameter, match="match within 250 ms"):
        parse(["(a+)+$"]).find("a" * 10_000 + "b")


def test_the_texts_of_a_request_share_the_limit() -> None:
    find = parse([r"(?:a|b|ab)*c|(?:(?:x+)+y)"]).finder()
    with pytest.raises(InvalidParameter):
        while True:
            find("x" * 1000 + "z ab")


# --- fenced code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        "```python\nprint('The dog')\n\nThe dog\n```",
        "~~~sh\nThe dog\n```\nThe cat\n~~~",
        "````\n```\nThe dog\n```\n````",
        "  ```js\n  The dog\n  ```",
        "> ```\n> The dog\n> ```",
        "```{r, echo=FALSE}\nThe dog\n```",
        '```js title="The dog"\nThe dog\n```',
        "```\nThe dog",
    ],
)
def test_fenced_code_is_verbatim(block: str) -> None:
    before = f"The dog sleeps.\n\n{block}\n"
    text = before if block.endswith("dog") else f"{before}The cat sleeps."
    template = extract(text, DEFAULT.find)
    segments = [piece.text for piece in template if isinstance(piece, Segment)]
    assert segments == ["The dog sleeps.", "The cat sleeps."][: 1 if block.endswith("dog") else 2]
    assert fill(template, lambda segment: segment.raw) == text


def test_fenced_code_is_no_code_where_it_is_off() -> None:
    template = extract("```\nThe dog\n```", parse(["url"]).find)
    assert any(isinstance(piece, Segment) for piece in template)


def test_what_an_expression_matches_in_fenced_code_is_kept_with_it() -> None:
    text = "A dog\n```\ndog\n```\ndog"
    assert pieces(text, parse(["[Dd]og"]).find(text)) == "A «dog»\n«```\ndog\n```»\n«dog»"


# --- entries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ('<item quantity="one">%d dog</item><item quantity="other">%d dogs</item>', ["%d dog", "%d dogs"]),
        ("<li>The dog</li> <li>The cat</li>", ["The dog", "The cat"]),
        ("The <b>dog</b> and <link>the cat</link>", ["The dog and the cat"]),
        ("The dog.\\nThe cat\\tThe cow", ["The dog.", "The cat", "The cow"]),
        (r"It\'s \"good\", isn\'t it", ["It's \"good\", isn't it"]),
        (r"It\'s the dog's", [r"It\'s the dog's"]),
        (":count dog|:count dogs", [":count dog", ":count dogs"]),
        ("{\\an8}The dog", ["The dog"]),
    ],
)
def test_what_divides_entries(text: str, segments: list[str]) -> None:
    template = extract(text, DEFAULT.find)
    assert [piece.text for piece in template if isinstance(piece, Segment)] == segments
    assert fill(template, lambda segment: segment.raw) == text
    for piece in template:
        assert isinstance(piece, str) or rendered(piece) == piece.raw


def test_a_quote_is_written_back_with_its_backslash() -> None:
    (segment,) = (piece for piece in extract(r"It\'s {x['a']} **here**", DEFAULT.find) if isinstance(piece, Segment))
    assert segment.text == "It's {x['a']} here"
    assert segment.escape('l\'eau "x"') == r"l\'eau " + '"x"'
    assert rendered(segment) == segment.raw


# --- the search -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [16_300, 16_383, 16_384, 20_400, 20_479, 20_480])
@pytest.mark.parametrize("piece", ["https://example.org/" + "a" * 3000, "{name}", "user_name", f"<a b='{'x' * 1900}'>"])
def test_what_stands_across_windows_is_found_whole(size: int, piece: str) -> None:
    text = ("a_ " * 7000)[: size - 1] + f" {piece} " + "so_ " * 10_000
    assert [text[span.start : span.end] for span in DEFAULT.find(text)] == [piece]


# --- any text ---------------------------------------------------------------------------------------------------------

WORDS = sorted({word for _, example in cases(FOUND) + cases(NOT_FOUND) for word in example.replace("«", "").split("»")})
TEXTS = st.lists(st.sampled_from(WORDS) | st.sampled_from(list("{}[]<>()*`~_:#@%&/\\.,! \n\t|😀a1")), max_size=12).map(
    "".join
)


ALL_IN_TURN = re.compile("|".join(f"(?:{form})" for groups in KINDS.values() for _, form in groups))


@settings(deadline=None, max_examples=1000)
@given(TEXTS | st.text(st.characters(exclude_categories=())))
def test_the_search_passes_nothing_by(text: str) -> None:
    """What a match may begin with, and which texts need no search, is told from the kinds' expressions by hand."""
    found = [match.span() for match in scanner(frozenset(KINDS)).finditer(text)]
    assert found == [match.span() for match in ALL_IN_TURN.finditer(text)]
    assert not (found and is_plain(text))


@settings(deadline=None, max_examples=400)
@given(TEXTS | st.text(st.characters(exclude_categories=())))
def test_spans_are_as_finders_return_them(text: str) -> None:
    spans = DEFAULT.find(text)
    assert spans == sorted(spans, key=lambda span: (span.start, -span.end))
    segment = protect(Segment(text), [DEFAULT.find])
    assert rendered(segment) == text
    check(segment)


@pytest.mark.parametrize(
    "text",
    [
        "Hello {name}, see https://a.org/x. You have %d `files`.",
        "So **very *good*** it is",
        "Click <x id='1'/> or <b>here {n}</b>",
        "You have {n, plural, one {# file} other {# files}} 😀 now [1].",
    ],
)
def test_what_is_protected_is_not_found_again(text: str) -> None:
    once = protect(Segment(text), [DEFAULT.find])
    assert protect(once, [DEFAULT.find]) is once or rendered(protect(once, [DEFAULT.find])) == text
    assert protect(once, [DEFAULT.find]).spans == once.spans


@settings(deadline=None, max_examples=400)
@given(TEXTS | st.text(st.characters(exclude_categories=())))
def test_everything_comes_back(text: str) -> None:
    template = extract(text, DEFAULT.find)
    assert fill(template, lambda segment: segment.raw) == text
    for segment in segments_of(template):
        assert any(map(str.isalpha, segment.text))
        assert rendered(segment) == segment.raw
        check(segment)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "{",
            "%",
            "@a",
            "[1",
            "http://",
            ":a",
            "<x ",
            "*",
            "`",
            "`a",
            "a_",
            "((((",
            "&a",
            "#a",
            "aB",
            "a.",
            "a@",
            "a/",
        ),
        *(
            "/a",
            "\\a",
            "{a, plural, ",
            "{a, plural, one ",
            "{a, plural, one {",
            "[a](",
            "](",
            "**a ",
            "~~a",
            "<b>",
            "</b>",
        ),
        *("{% ", "[1,", "%(a", "a-", "1.", "😀 ", "<a b='c' ", "{a, select, x {y}} ", "`a`b ", "a  b\n", "#a ", "a😀"),
        *("= ", "1 + ", "a = ", "a &lt; ", "&nbsp;", "&lt;b ", "&lt;a&gt;", "&quot;", "({x}", "(({x}))", "1 x ", "A&"),
        *("<!--", "<% ", "<?=", "{#a", "*|A", "[[", "$t(", "[a b=c ", "[a", "![a](", "[![a](b", "[a][", "\\n", "\\'"),
        *("```\n", "~~~\n", "+1", "1-", "1 ", "0 ", "A1-", "a:", "1:", "AB12 ", "{\\a", "a\u0301", "[", "${", "<li>"),
    ],
)
def test_hostile_texts(unit: str) -> None:
    """A quadratic expression would not end within the limit of the test run."""
    text = unit * (200_000 // len(unit))
    template = extract(text, DEFAULT.find)
    assert fill(template, lambda segment: segment.raw) == text


@pytest.mark.parametrize(
    "text",
    [
        "{a, plural, one {" * 20_000 + "}}" * 20_000,
        "<b>" * 20_000 + "a" + "</b>" * 20_000,
        "<b><i>" * 20_000 + "a" + "</b></i>" * 20_000,
        "**a " * 20_000 + "~~b " * 20_000 + " c**" * 20_000,
        "&lt;b&gt;&quot;" * 20_000 + "a" + "&lt;/b&gt;&quot;" * 20_000,
        "&laquo;" * 20_000 + "a" + "&raquo;" * 20_000,
        "a_" * 50 + "https://x.org/" + "(" * 100_000 + ")." * 50_000,
    ],
    ids=lambda text: text[:12],
)
def test_deep_texts(text: str) -> None:
    assert fill(extract(text, DEFAULT.find), lambda segment: segment.raw) == text
