"""Which encoding a text file is in: its mark says so, else its bytes do, as far as they can."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from textgen.errors import TextError
from textgen.text.files import MARKS

# Encodings that texts are in, by Python's name. Where a text would be equally good in several, the first one
# of the list is taken.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "utf-8": "UTF-8",
        "cp1252": "Windows-1252 (Western European)",
        "cp1250": "Windows-1250 (Central European)",
        "cp1251": "Windows-1251 (Cyrillic)",
        "cp1253": "Windows-1253 (Greek)",
        "cp1254": "Windows-1254 (Turkish)",
        "cp1255": "Windows-1255 (Hebrew)",
        "cp1256": "Windows-1256 (Arabic)",
        "koi8_r": "KOI8-R (Cyrillic)",
        "mac_roman": "Mac Roman",
        "shift_jis": "Shift JIS (Japanese)",
        "euc_jp": "EUC-JP (Japanese)",
        "gb18030": "GB 18030 (Chinese)",
        "big5": "Big5 (Chinese)",
        "euc_kr": "EUC-KR (Korean)",
        "utf-16": "UTF-16",
        "utf-16-le": "UTF-16, little-endian",
        "utf-16-be": "UTF-16, big-endian",
        "utf-32": "UTF-32",
    }
)
UNICODE = ("utf-16-le", "utf-16-be")  # without a mark: told by their zeros
STRAY = 0.05  # of their zeros, at most, stand where none should
SINGLE = [name for name in TITLES if not name.startswith("utf")]
LOOKED_AT = 200_000  # bytes that say which one it is
MOST_CONTROLS = 0.002  # of a text's characters: a file with more is none
NO_TEXT = "this is not a text but a file of another kind; give plain text, such as .txt, .md or .csv"


def guess(data: bytes) -> str:
    """The encoding of a file's bytes, as Python calls it. Raises TextError for what is no text."""
    if marked := next((name for mark, name in MARKS if data.startswith(mark)), None):
        return marked
    found = next((name for name in candidates(data) if is_readable(data, name)), None)
    if found is None:
        raise TextError(NO_TEXT)
    return found


def candidates(data: bytes) -> list[str]:
    """Encodings that it may be, the likeliest first."""
    if b"\0" in data:
        even, odd = (data[:LOOKED_AT][place::2].count(0) for place in (0, 1))
        pairs = zip(UNICODE, ((even, odd), (odd, even)), strict=True)
        return [name for name, (stray, right) in pairs if stray <= STRAY * right]
    if is_readable(data, "utf-8"):
        return ["utf-8"]
    from charset_normalizer import from_bytes  # brings a few hundred tables along

    matches = sorted(
        from_bytes(data[:LOOKED_AT], cp_isolation=SINGLE),
        key=lambda match: (match.chaos, -match.coherence, SINGLE.index(match.encoding)),
    )
    return [*(match.encoding for match in matches), "cp1252", "mac_roman"]


def is_readable(data: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding: all of them, and hardly any that command a terminal."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return "\0" not in text and controls_in(text) <= MOST_CONTROLS * len(text)


def controls_in(text: str) -> int:
    """How many characters of a text are control characters, tabs and line ends left out."""
    return sum(
        text.count(char)
        for char in set(text)
        if unicodedata.category(char) == "Cc" and char not in "\t\n\r\f\x85"
    )


def title_of(encoding: str) -> str:
    """An encoding as people know it."""
    return TITLES.get(encoding, encoding)
