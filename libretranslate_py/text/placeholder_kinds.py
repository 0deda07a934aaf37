"""What the kinds of placeholders look like.

All expressions take linear time: what repeats is possessive or bounded, and a run of characters is tried at its first
one only. Each matches pieces that nobody takes for words; where a form is also prose, it is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from libretranslate_py.text.characters import SIGNS, SURROGATES, UNSPACED
from libretranslate_py.text.placeholder_numbers import EXPRESSIONS as NUMBERS
from libretranslate_py.text.spans import Kind

# --- parts ------------------------------------------------------------------------------------------------------------

_COUNTING = r"(?:\w{0,40}_)?(?:n|nb|num\w{0,20}|count|counter|total|quantity|qty|amount)|\w{1,40}(?:Count|Total|Number)"
_IS_COUNTING = re.compile(_COUNTING)
_NAME = r"[\w$@](?:[\w$@-]{0,60}+(?:\.[\w$@-]{1,60}+){0,8}+(?:\[[\w'\"]{0,40}+\]){0,4}+(?:\(\))?)"
_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|dev|app|io|ai|eu|uk|de|fr|nl|pl|ru|cz|dk|fi|gr|jp|cn|kr|br|mx|au|ca|ch|us|ua"
    "|tr|hu|sk|ro|bg|tw|hk|nz|za|tech|online|site|shop|blog|cloud|wiki|xyz|example|localhost"
)
# A two-letter word is no domain without a path: "Fin.es bonita" is a missing space.
_EXTENSIONS = (
    "txt|md|rst|pdf|png|jpe?g|gif|svg|webp|bmp|ico|csv|tsv|json|jsonl|xml|ya?ml|toml|ini|cfg|conf|log|html?|css|scss|jsx?"
    "|tsx?|py|rb|rs|java|kt|cpp|hpp|cs|php|sh|bat|ps1|exe|dll|zip|tar|t?gz|bz2|xz|7z|rar|docx?|xlsx?|pptx?|odt|ods|mp[34]"
    "|mkv|avi|mov|wav|flac|ogg|iso|deb|rpm|apk|po|pot|sql|sqlite|lock|env|ipynb|epub|bak|tmp|ttf|woff2?"
)
_IN_URL = rf"[^\s<>\"|\\^`«»“”„…\x00-\x1f\x7f{UNSPACED}{SURROGATES}]"
_ATTRIBUTE = r"\s{1,8}+[A-Za-z_:][\w:.-]{0,60}+\s?=\s?(?:\"[^\"<>]{0,2000}+\"|'[^'<>]{0,2000}+'|[^\s\"'<>=`]{1,200}+)"
_HTML_NAMES = (
    "a|abbr|b|bdi|bdo|big|blockquote|br|button|cite|code|del|div|em|font|h[1-6]|hr|i|img|input|ins|kbd|label|li|link|mark|ol"
    "|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|tr|tt|u|ul|var|wbr|x|g|bx|ex|ph|it|mrk|bpt|ept"
)
_KEYCAP = r"[0-9#*]\ufe0f?\u20e3"
_PICTURE = (
    r"(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u2600-\u2793\u231a\u231b"
    r"\u23e9-\u23f3\u23f8-\u23fa\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
    r"|[\u00a9\u00ae\u2122\u203c\u2049\u2139\u2190-\u2bff](?=\ufe0f))[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*+"
)
_EMOJI = rf"(?:(?:{_PICTURE}(?:\u200d{_PICTURE})*+)|{_KEYCAP})++"

_NUMBER = r"[-+−$€£]?\d{1,30}+(?:[.,]\d{1,30}+){0,8}+[%°€]?"
_OPERAND = rf"(?:{_NUMBER}[a-z]?|[A-Za-zΑ-ω][\d²³]?)(?![\w'’]|[.,:/-]\w)"
_OPERATOR = rf" (?:[{SIGNS}]|[-!:<>=]=|[-=]>|<-|&&|&(?:lt|gt|le|ge|ne|amp|times|divide|plusmn|minus);) "
# "y / o" is a word, or two.
_FORMULA = (
    r"(?![aeiouyAEIOUY] [/&] [aeiouy](?!\w))(?<![\w.,:/'’-])"
    rf"{_OPERAND}{_OPERATOR}{_OPERAND}(?:(?:{_OPERATOR}| [-−] ){_OPERAND}){{0,40}}+"
)
_SPACE = (
    r"&(?:nbsp|ensp|emsp|thinsp|#(?:0{0,3}(?:9|10|13|32|160)|819[2-9]|820[0-2]|8239|8287|12288)"
    r"|#[xX]0{0,3}(?:9|[aAdD]|20|[aA]0|200[0-9aA]|202[fF]|205[fF]|3000));"
)

# Of a link of Markdown: what is between its brackets, which may hold pictures, and where it leads.
_TARGET = r"(?:[^\s()]|\([^\s()]{0,300}+\)){1,2000}+(?: \"[^\"\n]{0,300}+\")?"
_WORDS = r"(?:[^\[\]\n!]{1,300}+|!(?!\[)){0,9}+"
_REFERENCE = r"\[[^\[\]\n]{0,100}+\]"
_LABEL = rf"(?:{_WORDS}!\[[^\[\]\n]{{0,300}}+\](?:\({_TARGET}\)|{_REFERENCE})){{0,3}}+{_WORDS}"

# What string files write for a line end or a tab. Before a small letter it may as well begin the name of a command.
_BREAK = (
    r"\\[nr](?![a-z])|(?<=[\w.,:;!?)\]}\"'>])\\[nr](?=[a-z])|\\t(?![a-z])"
    r"|(?<=[\w.,:;!?)\]}\"'>])\\t(?!o\b|t\b|ext|ab|an|au|imes|itle|ilde|oday|he|hi|op|ri)"
)

# --- kinds: (group, expression) in order of precedence at one place ---------------------------------------------------

# A group's name ends in what becomes of its matches; those of names without such an end, makers below decide.
KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "code": (("code_name", r"(?<![`\\])(?P<ticks>`{1,3})(?!`)[^`\n]{1,500}+(?P=ticks)(?!`)"),),
    "url": (
        (
            "url",
            rf"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}+://|www\.(?=\w)|mailto:(?=\w)){_IN_URL}{{1,4000}}+",
        ),
        (
            "url_bare",
            rf"(?<![\w@.-])(?:[A-Za-z0-9-]{{1,63}}+\.){{1,8}}(?:(?:{_DOMAINS})(?![\w-])(?::\d{{1,5}}+)?(?:[/?#]{_IN_URL}{{0,4000}}+)?"
            rf"|[a-z]{{2,12}}/{_IN_URL}{{0,4000}}+)",
        ),
    ),
    "email": (
        (
            "email_name",
            r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}+@(?:[A-Za-z0-9-]{1,63}+\.){1,6}[A-Za-z]{2,24}(?![\w-])",
        ),
    ),
    "formula": (
        (
            "formula_name",
            rf"{_FORMULA}|(?<![\w.,:/-])\d{{1,9}}+(?: [x×] \d{{1,9}}+){{1,8}}+(?![\w'’]|[.,:/-]\w)"
            r"|(?<![\w&])(?:§{1,2} ?|№ ?|#)\d{1,9}+(?:\.\d{1,9}+){0,8}+[a-z]?(?!\w)"
            r"|(?<![\w&])[A-Z]{1,6}+&[A-Z]{1,6}+(?![\w;])",
        ),
    ),
    "icu": (
        (
            "icu",
            r"\{\s{0,20}+[\w.-]{1,60}+\s{0,20}+,\s{0,20}+"
            r"(?:plural|select|selectordinal|number|date|time|spellout|ordinal|duration|choice|list)\s{0,20}+[,}]",
        ),
    ),
    "braces": (
        (
            "template_name",
            r"\{%[^{}%]{1,300}+%\}|\{\{\{?[^{}\n]{1,200}+\}\}\}?"
            r"|<%(?:[^%<]|%(?!>)|<(?!%)){1,1000}+%>|<\?(?:php\b|=)(?:[^?<]|\?(?!>)|<(?!\?)){1,1000}+\?>"
            r"|\*\|[A-Z][A-Z0-9_:]{0,60}+\|\*|\[\[ ?[\w.:$-]{1,60}+ ?\]\]|\$t\([^()\n]{1,200}+\)"
            r"|(?<!\w)@(?:\.[a-z]{1,20})?:(?:\([\w.-]{1,80}+\)|[A-Za-z][\w-]{0,60}+(?:\.[\w-]{1,60}+){0,8}+)",
        ),
        ("template_comment_mark", r"\{#[^{}#\n]{1,500}+#\}|\{\\[^{}\n]{1,200}+\}"),
        ("dollar_name", r"[$#%]\{[^{}\n]{1,200}+\}"),
        ("percent_name", r"(?<![\w%])%[A-Za-z_][\w.]{1,40}+%(?![\w%])"),
        (
            "brace",
            rf"\{{ ?(?:{_NAME})?(?:,-?\d{{1,4}})?(?:![rsa])?(?::(?! )[^{{}}\n]{{0,40}}+|\|[\w|:]{{1,60}}+)? ?\}}",
        ),
    ),
    "printf": (
        ("percents", r"(?:(?<![\w.,])\d[\d.,]{0,20}+|%[du])%%(?!\w)|%%"),
        (
            "printf",
            r"(?<![\d%])%(?:\d{1,2}\$)?(?:\(\w{1,60}+\))?[-+0#']{0,4}(?:\d{1,3}|\*)?(?:\.(?:\d{1,2}|\*))?(?:hh|h|ll|l|z|j|t|L|q)?"
            r"(?:[diufFeEgGxXo](?=(?:x|px|s|ms|m|km|h|min|st|nd|rd|th|[kKMGT]i?[Bb]|em)?(?!\w))|[scaApn@S](?!\w)|[diu](?=x%))",
        ),
        ("position_name", r"(?<![\w%])%L?[1-9]\d?(?![\w%$])"),
    ),
    "shortcode": (("shortcode_mark", r"(?<![\w:]):(?:[a-z](?=[a-z0-9_+-]{1,39}:)[a-z0-9_+-]{1,39}+|[+-]1):(?![\w:])"),),
    "colon": (
        (
            "colon",
            r"(?:(?<=[\s(\[{\"'«“‘„=,|/>*])|(?<![\s\S])):[a-z][a-z0-9_]{1,60}+(?![\w:(]|/(?!:[a-z]))",
        ),
    ),
    "tag": (
        (
            "tag",
            rf"<(?:/(?:[A-Za-z][\w:.-]{{0,60}}+|\d{{1,3}}) ?>|(?:(?:{_HTML_NAMES})|(?<!\d<)\d{{1,3}})\s?/?>"
            r"|(?<!\w<)[A-Za-z][\w:.-]{0,60}+ ?/?>"
            rf"|[A-Za-z][\w:.-]{{0,60}}+(?:{_ATTRIBUTE}){{1,40}}+\s{{0,8}}+/?>"
            r"|v(?:\.[\w.]{1,40}+)? [^<>&\n]{1,60}+>)",
        ),
        ("comment_mark", r"<!--(?:[^<-]|-(?!->)|<(?!!--)){0,4000}+-->"),
        (
            "bbcode",
            r"\[(?:/[a-z][\w-]{0,30}+|(?:(?<![\w.,:;!?)\]]\[)[bius]|[a-wyz][\w-]{1,30}+)(?:=[^\s\[\]]{1,1000}+)?"
            r"(?:\s{1,4}+[A-Za-z_][\w-]{0,30}+=(?:\"[^\"\[\]]{0,500}+\"|'[^'\[\]]{0,500}+'|[^\s\[\]\"']{1,500}+)){0,20}+"
            r"(?: ?/)?)\](?![(\[])",
        ),
    ),
    "citation": (
        (
            "definition_mark",
            r"(?<![^\n\r ])\[[^\[\]\n]{1,100}+\]:(?=[ \t]{1,8}<?(?:[A-Za-z][A-Za-z0-9+.-]{1,20}+://|[/.#]))",
        ),
        (
            "citation_mark",
            r"(?<![^\n\r ])\[\^[\w-]{1,40}+\]:|\[(?:\d{1,9}|\*),(?:\d{1,9}|\*)\]"
            r"|\[(?:\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,20}+|\^[\w-]{1,40}+)\](?!\()|(?<=[\w.,;:!?\])])\[[a-z]\](?!\()",
        ),
    ),
    "handle": (
        (
            "handle_name",
            r"(?<![\w@.+/-])@[A-Za-z_]\w{0,60}+(?:@(?:[\w-]{1,60}+\.){1,4}\w{2,20}|(?:[./-]\w{1,60}+){0,3}+)",
        ),
    ),
    "hashtag": (("hashtag_name", rf"(?<![\w#&/])#(?=\d{{0,60}}[^\W\d{UNSPACED}])[^\W{UNSPACED}]{{1,100}}+(?!\w)"),),
    "path": (
        (
            "path_windows",
            r"(?<!\w)[A-Za-z]:\\[^\s\"<>|:*?]{0,1000}+|(?<![\w\\])\\\\[\w.-]{1,60}+\\[^\s\"<>|:*?]{1,1000}+",
        ),
        (
            "path_unix",
            r"(?<![\w/<.:~\\-])(?:(?:~|\.\.?)(?:/[\w.@+%$-]{1,255}+){1,40}+/?|(?:/[\w.@+%$-]{1,255}+){2,40}+/?)"
            rf"|(?<![\w/.-])(?:[\w.-]{{1,60}}+/){{1,12}}[\w-]{{1,80}}+(?:\.[\w-]{{1,40}}+){{0,3}}?\.(?:{_EXTENSIONS})(?![\w-])",
        ),
        (
            "file_name",
            rf"(?<![\w.@/-])(?:[\w-]{{1,80}}+|\*)(?:\.[\w-]{{1,40}}+){{0,3}}?\.(?:{_EXTENSIONS})(?![\w-]|\.\w)",
        ),
    ),
    "version": (
        (
            "version_name",
            r"(?<![\w.])v\d{1,6}(?:\.\d{1,6}){0,4}+(?:[-+][0-9A-Za-z.-]{0,40}[0-9A-Za-z])?(?![\w])"
            r"|(?<![\w.,])\d{1,5}\.\d{1,5}\.\d{1,5}[-+][0-9A-Za-z.-]{0,40}[0-9A-Za-z](?!\w)"
            r"|(?<![\w.,])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]\w)"
            r"|(?:(?<=[\w,:] )|(?<=[(\[\"'=@]))(?!\d{1,3}(?:\.\d{3})+(?!\d))(?!\d{1,2}\.\d{1,2}\.\d{2,4}(?!\d))"
            r"\d{1,4}\.\d{1,4}\.\d{1,4}(?![\w%]|\.\d)",
        ),
    ),
    "identifier": (
        (
            "identifier_name",
            r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])"
            r"|(?<!\w)0x[0-9a-fA-F]{1,64}+(?!\w)"
            r"|(?<!\w)(?=[0-9]{0,64}[a-f])(?=[a-f]{0,64}[0-9])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{7,12})(?!\w)"
            r"|(?<![\w.])__(?:init|main|name|file|dict|class|str|repr|call|all|doc|new|del|len|iter|next|enter|exit|future)__(?!\w)"
            r"|(?<!\w)(?:[a-z][a-z0-9]{0,60}+(?:_[a-z0-9]{1,60}+){1,12}+|[A-Z][A-Z0-9]{0,60}+(?:_[A-Z0-9]{1,60}+){1,12}+)(?:\(\))?(?!\w)"
            r"|(?<![\w.])[A-Za-z_]\w{0,60}+(?:\.[A-Za-z_]\w{0,60}+){0,8}+\(\)"
            r"|(?<!\w)(?:[a-z]{2,40}+[0-9]{0,4}+|[A-Z][a-z0-9]{1,40}+[A-Z][a-z0-9]{1,40}+)(?:[A-Z][a-z0-9]{1,40}+){1,12}+(?:\(\))?(?!\w)",
        ),
    ),
    "markdown": (
        ("link", rf"!?\[(?!\])(?={_LABEL}\]\({_TARGET}\))|(?<![A-Za-z0-9_])!?\[(?!\])(?={_LABEL}\]{_REFERENCE})"),
        ("linkend", rf"\]\({_TARGET}\)|\]{_REFERENCE}"),
        ("emphasis", r"(?<![*_~\\])(?:\*{1,3}|~~)(?![*~])|(?<!_)__(?!_)"),
    ),
    "number": NUMBERS,
    "emoji": (("emoji_mark", _EMOJI),),
    "entity": (
        ("sign_mark", "[©®™℗℠]"),
        ("space_mark", rf"(?:{_SPACE}){{1,40}}+"),
        ("break_mark", rf"(?<!\\)(?:{_BREAK}){{1,40}}+"),
        ("escaped", rf"&lt;/?(?:{_HTML_NAMES})(?:\s(?:(?!&[lg]t;)[^<>\n]){{0,300}})?\s?/?&gt;"),
        ("bracket", r"&(?:lt|gt|quot|laquo|raquo|ldquo|rdquo|bdquo|#34|#60|#62|#171|#187|#8220|#8221|#8222);"),
        ("ampersand_name", r"(?<![\w&;])[A-Za-z]{1,20}+&amp;[A-Za-z]{1,20}+(?![\w;])"),
        ("entity", r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"),
    ),
}


# Nothing begins inside a word, and a word of small letters with a space behind it, and no sign behind that, is only a
# word: most of a text is passed by with these two.
_MAYBE = (
    rf"(?!(?<=[A-Za-z0-9])[A-Za-z0-9]|[A-Za-z]?[a-z]*+(?<=[A-Za-z])(?: (?![{SIGNS}:!-])|[,;!?\n]|\.[ \n]|\Z)|[ \n,;])"
)


# What the matches of a group begin with, as the inside of a class. Letters count as one: a bucket of groups for each
# set of signs is what makes a text of nothing but signs cheap to search.
_LETTER = "A-Za-z_"
_FIRST = {
    **dict.fromkeys(("url", "ampersand_name"), _LETTER),
    **dict.fromkeys(("url_bare", "identifier_name", "version_name", "machine_name"), rf"{_LETTER}\d-"),
    **dict.fromkeys(("cue_name", "date_name", "time_name"), r"\d"),
    **dict.fromkeys(("icu", "brace", "template_comment_mark"), "{"),
    **dict.fromkeys(("percent_name", "printf", "position_name"), "%"),
    **dict.fromkeys(("shortcode_mark", "colon"), ":"),
    **dict.fromkeys(("tag", "comment_mark"), "<"),
    **dict.fromkeys(("bbcode", "citation_mark", "definition_mark"), r"\["),
    **dict.fromkeys(("space_mark", "escaped", "bracket", "entity"), "&"),
    "sign_mark": "©®™℗℠",
    "code_name": "`",
    "email_name": rf"{_LETTER}\d.%+-",
    "formula_name": rf"{_LETTER}\dΑ-ω+−$€£§№#-",
    "digits_name": r"A-Z\d+(",
    "article_name": "A-Z",
    "price_number": r"A-Z$€£¥\d",
    "template_name": r"{<*\[$@",
    "dollar_name": "$#%",
    "percents": r"\d%",
    "handle_name": "@",
    "hashtag_name": "#",
    "path_windows": rf"{_LETTER}\\",
    "path_unix": r"\w./~-",
    "file_name": r"\w*-",
    "link": r"\[!",
    "linkend": r"\]",
    "emphasis": "*~_",
    "emoji_mark": r"\d#*\u00a9-\U0001faff",
    "break_mark": r"\\",
}


@lru_cache(maxsize=64)
def scanner(kinds: frozenset[str]) -> re.Pattern[str]:
    """Return one expression for all of ``kinds``; ``group_of`` its matches is a key for ``piece_kind``."""
    chosen = [group for kind, groups in KINDS.items() if kind in kinds for group in groups]
    buckets: dict[tuple[tuple[str, str], ...], str] = {}
    for character in map(chr, range(0x21, 0x7F)):
        own = tuple(group for group in chosen if re.match(f"[{_FIRST[group[0]]}]", character))
        buckets[own] = buckets.get(own, "") + re.escape(character)
    beyond = tuple(group for group in chosen if re.search(r"[^\x00-\x7f]|\\[wdu]", _FIRST[group[0]]))
    alternatives = [_bucket(f"[{signs}]", own, n) for n, (own, signs) in enumerate(buckets.items()) if own]
    # Accents do not begin anything.
    alternatives.append(_bucket(r"[^\x00-\x7f\u0300-\u036f]", beyond, len(buckets)))
    return re.compile(rf"{_MAYBE}(?:{'|'.join(alternatives)})")


def _bucket(first: str, groups: Sequence[tuple[str, str]], number: int) -> str:
    # A group's name is unique in an expression: what comes behind the two underscores makes it so.
    inside = "|".join(f"(?P<{name}__{number}>{expression})" for name, expression in groups) or "(?!)"
    return f"(?={first})(?:{inside})"


def group_of(match: re.Match[str]) -> str:
    """Return the name of the group of ``KINDS`` that matches."""
    return (match.lastgroup or "").partition("__")[0]


# --- what becomes of a match ------------------------------------------------------------------------------------------

_NUMERIC = re.compile(r"[diufFeEgGxXo]\Z")
_JOINERS = frozenset({"&shy;", "&zwj;", "&zwnj;", "&#8203;"})
_PUNCTUATION = frozenset(f"&{name};" for name in ("lsquo", "hellip", "mdash", "ndash", "bull", "middot", "lrm", "rlm"))


def _printf(match: re.Match[str]) -> Kind:
    return Kind.NUMBER if _NUMERIC.search(match.group()) else Kind.NAME


def _percents(match: re.Match[str]) -> Kind:
    return Kind.NAME if match.group() == "%%" else Kind.NUMBER


def _counting(match: re.Match[str]) -> Kind:
    name = re.split(r"[!:,|]", match.group().strip("{}:$#% "))[0].strip().rpartition(".")[2]
    return Kind.NUMBER if _IS_COUNTING.fullmatch(name) else Kind.NAME


def _entity(match: re.Match[str]) -> Kind | None:
    if match.group() in _JOINERS or match.group() in _PUNCTUATION:
        return Kind.MARK
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    # "caf&eacute;s" and "l&#39;eau" are words; a sign that stands alone divides a sentence.
    is_alone = match.group() == "&amp;" and before.isspace() and after.isspace()
    return None if is_alone or before.isalpha() or after.isalpha() else Kind.NAME


_A_BREAK = re.compile(_BREAK)
_QUOTE = re.compile(r"\\['\"]")


def _break(match: re.Match[str]) -> Kind | None:
    """Of a word with other backslashes, such as a path, this is a part."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    word = "" if before[-1:].isspace() else "".join(before.split()[-1:])
    return Kind.MARK if word.count("\\") <= len(_A_BREAK.findall(word)) + len(_QUOTE.findall(word)) else None


_MAKERS: dict[str, Callable[[re.Match[str]], Kind | None]] = {
    "printf": _printf,
    "percents": _percents,
    "colon": _counting,
    "brace": _counting,
    "template_name": _counting,
    "dollar_name": _counting,
    "percent_name": _counting,
    "entity": _entity,
    "break_mark": _break,
}


def piece_kind(group: str, match: re.Match[str]) -> Kind | None:
    """Return what becomes of a match of ``scanner``; None if it is no placeholder after all."""
    maker = _MAKERS.get(group)
    if maker:
        return maker(match)
    if group.endswith("_number"):
        return Kind.NUMBER
    return Kind.MARK if group.endswith("_mark") else Kind.NAME


_CLOSING = {")": "(", "]": "[", "}": "{"}
_BRACKET = re.compile(r"[()\[\]{}]")
_FINAL = ".,;:!?'\"*_~’"


def without_final_marks(text: str, start: int, end: int) -> int:
    """Return where the address in ``text[start:end]`` ends: before a bracket opened outside, and final punctuation."""
    opened = dict.fromkeys(_CLOSING.values(), 0)
    for match in _BRACKET.finditer(text, start, end):
        opening = _CLOSING.get(match.group())
        if opening is None:
            opened[match.group()] += 1
        elif opened[opening]:
            opened[opening] -= 1
        else:
            end = match.start()
            break
    while end > start and text[end - 1] in _FINAL:
        end -= 1
    return end
