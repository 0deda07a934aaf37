"""Sets of characters that several modules share, written as the inside of a regular expression's class."""

from __future__ import annotations

# Scripts that write without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, New Tai Lue and Tai Tham,
# kana, bopomofo, Han with its punctuation, and the full-width forms.
UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\u312f\u31a0-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffdf\U00016fe0-\U0001b2ff\U00020000-\U0003ffff"
)

# Languages (Argos codes) of those scripts whose sentences follow each other without a space.
UNSPACED_LANGUAGES = frozenset({"zh", "zt", "ja", "th", "lo", "my", "km", "bo"})

SURROGATES = "\ud800-\udfff"

# Escaped for use inside a class.
SIGNS = r"<>=&+~^*/\\@#§°±×÷≈≠≤≥"
OPENERS = "\"'“‘„‚«‹»(\\[{¿¡「『（《〈【"
CLOSERS = "\"'”’“»›)\\]}」』）》〉】"
