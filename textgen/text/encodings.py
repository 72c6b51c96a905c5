"""Which encoding a text file is in: its mark says so, else its bytes do, as far as they can."""

from __future__ import annotations

import re
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
# What languages write with besides a to z, by the encodings that were made for them. Where a text would be as
# good in several, the first one is taken.
WESTERN = (
    "áéíóúüñ¿¡",  # Spanish
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüßé",  # German
    "áâãàçéêíóôõúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "àçèéíïòóúü·",  # Catalan
    "áéëèêïíóöúü",  # Dutch
    "åäöæøéèêòôóü",  # Danish, Norwegian, Swedish, Finnish
)
LATIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cp1252": (*WESTERN, "áðéíóúýþæö", "äöüõšž"),  # Icelandic, Estonian
        "mac_roman": WESTERN,
        "cp1250": (
            "ąćęłńóśźż",  # Polish
            "áčďéěíňóřšťúůýž",  # Czech
            "áäčďéíĺľňóôŕšťúýž",  # Slovak
            "áéíóöőúüű",  # Hungarian
            "ăâîşţ",  # Romanian
            "čćđšž",  # Croatian, Slovene
        ),
        "cp1254": ("âçğıi̇îöşüû",),  # Turkish; ˙ is what Python's lower() leaves of İ
    }
)
AROUND_WORDS = "«»‹›“”„‘’‚…–—•€£°§©®™ºª×÷½¼¾\xa0\xad"
WITHIN_WORDS = "’\xad"
FITS = 0.95  # of what is no ASCII, for a language
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
    if latin := latin_encoding(data[:LOOKED_AT]):
        return [latin]
    from charset_normalizer import from_bytes  # brings a few hundred tables along

    matches = sorted(
        from_bytes(data[:LOOKED_AT], cp_isolation=SINGLE),
        key=lambda match: (match.chaos, -match.coherence, SINGLE.index(match.encoding)),
    )
    names = [match.encoding for match in matches]
    names.sort(key=lambda name: is_loud(data[:LOOKED_AT].decode(name, "replace")))
    return [*names, "cp1252", "mac_roman"]


def latin_encoding(data: bytes) -> str | None:
    """The encoding in which bytes are a language of Latin letters; None where they are in none."""
    shares = {
        name: max(share_written(data.decode(name), alphabet) for alphabet in alphabets)
        for name, alphabets in LATIN.items()
        if is_readable(data, name)
    }
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= FITS else None


def share_written(text: str, alphabet: str) -> float:
    """Which share of a text's characters beyond ASCII a language writes there: its letters, a capital not
    after a small letter, quotation marks and the like not within a word.
    """
    found = list(BEYOND_ASCII.finditer(text))
    return sum(is_written(match, alphabet) for match in found) / max(1, len(found))


def is_loud(text: str) -> bool:
    """Whether most letters are capitals, as in Cyrillic text that is read in another's encoding."""
    letters = [char for char in text if char > "\x7f" and char.isalpha()]
    return sum(map(str.isupper, letters)) > len(letters) / 2


def is_written(found: re.Match[str], alphabet: str) -> bool:
    before, char, after = found.groups()
    if char.lower() in alphabet and char.isalpha():
        return not (char.isupper() and before.islower())
    within = before.isalpha() and after.isalpha()
    return char in WITHIN_WORDS if within else char in AROUND_WORDS or char in alphabet


# A character beyond ASCII, and what stands before and after it.
BEYOND_ASCII = re.compile(r"(?s)(?<=(.))([^\x00-\x7f])(?=(.))")


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
