"""What numbers look like that are no quantities: models change their digits, or what stands between these.

Quantities, years and times of day are left to the models, which write them as the target language does.
"""

from __future__ import annotations

_TIME = r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}| UTC| GMT)?"
_CUE_TIME = r"(?:\d{2,4}:)?\d{2}:\d{2}[.,]\d{3}"
# Inside of a class: a space, also one that keeps a line together.
_SPACE = " \u00a0\u202f"
# Not behind a letter, a digit or a sign of a currency, not in the middle of a number.
_BEFORE = r"(?<![\w.,:$€£¥+/-])"
_AMOUNT = rf"\d{{1,3}}(?:[.,{_SPACE[1:]}]?\d{{2,3}}){{0,5}}"
_AFTER = r"(?!\w|[.,:/-]\w)"


def _digits(least: int) -> str:
    return rf"(?=(?:[{_SPACE}()./-]{{0,3}}\d){{{least}}})"


# "COVID-19" has words of its own in many languages, an article at least.
_CODE = (
    r"(?<![\w-])(?!COVID)(?:[A-Z]{2,10}\d{0,6}(?:-[A-Z0-9]{1,12}){0,4}?-\d{2,12}[A-Z]{0,2}(?:-[A-Z0-9]{1,12}+){0,4}+"
    r"|[A-Z]{2,6}\d{3,12}[A-Z]{0,3})(?![\w-])"
)
_DIGIT_GROUPS = (
    # International, (555) 123-4567, 020 7946 0958, 0621/123456
    rf"(?<![\w+])\+{_digits(7)}\d{{1,4}}(?:[{_SPACE}.-]?(?:\(\d{{1,4}}\)|\d{{1,12}})){{1,7}}{_AFTER}",
    rf"(?<![\w+])\(\d{{2,5}}\)[{_SPACE}]?{_digits(6)}\d{{2,8}}(?:[{_SPACE}.-]\d{{2,8}}){{0,4}}{_AFTER}",
    rf"{_BEFORE}(?<!\d[{_SPACE}])(?=0){_digits(9)}\d{{2,5}}(?:[{_SPACE}./-]\d{{2,8}}){{1,5}}{_AFTER}",
    # 978-3-16-148410-0, 555-123-4567
    rf"{_BEFORE}{_digits(7)}\d{{1,7}}(?:-\d{{1,7}}){{2,6}}(?:-X)?{_AFTER}",
    # A card, an account
    rf"{_BEFORE}\d{{4}}(?:[{_SPACE}]\d{{4}}){{2,5}}{_AFTER}",
    rf"(?<!\w)[A-Z]{{2}}\d{{2}}(?:[{_SPACE}][A-Z0-9]{{4}}){{3,7}}(?:[{_SPACE}][A-Z0-9]{{1,3}})?(?!\w)",
    rf"{_BEFORE}\d{{9,30}}X?{_AFTER}",
)

EXPRESSIONS: tuple[tuple[str, str], ...] = (
    ("cue_name", rf"(?<![^\n\r]){_CUE_TIME} --> {_CUE_TIME}[^\n\r]{{0,300}}+"),
    ("date_name", rf"{_BEFORE}\d{{4}}-\d{{2}}-\d{{2}}(?:[T{_SPACE}]{_TIME})?{_AFTER}"),
    ("time_name", rf"{_BEFORE}\d{{1,3}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?{_AFTER}"),
    (
        "machine_name",
        r"(?<![\w:.])(?=[A-Fa-f:]{0,30}\d)(?:(?:[0-9A-Fa-f]{1,4}:){5,7}[0-9A-Fa-f]{1,4}"
        r"|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?:/\d{1,3})?(?![\w:])",
    ),
    ("digits_name", "|".join(_DIGIT_GROUPS)),
    ("article_name", _CODE),
    # $5.99, 1.000,50 €: small models write $1000 for $100.
    (
        "price_number",
        rf"(?<![\w$€£¥])(?:[A-Z]{{1,3}})?[$€£¥][{_SPACE}]?{_AMOUNT}(?!\w|[.,]\d| ?[bmtBMT][ir]l)"
        rf"|(?<![\w.,]){_AMOUNT}[{_SPACE}]?[€£¥](?!\w)",
    ),
)
