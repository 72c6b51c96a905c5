"""Text cut between characters as a reader sees them, never inside one: é, 👩‍👩‍👧, 🇬🇧, 각.

The page does the same by `Intl.Segmenter` (`ui/shell/format.js`); tests/node holds the two together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ROOM = 10  # code points that a character may have on average: a hundred accents on one letter are no text
JOINER = "\u200d"
PICTURES = "©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌚⌛⌨⏏⏩⏪⏫⏬⏭⏮⏯⏰⏱⏲⏳⏸⏹⏺Ⓜ▪▫▶◀◻◼◽◾⤴⤵⬅⬆⬇⬛⬜⭐⭕〰〽㊗㊙"  # besides whole blocks
VIRAMAS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d"  # join the consonants of an Indic syllable


def clip(text: str, most: int) -> str:
    """The beginning of a text: at most `most` characters as they are seen, the last a "…" if it goes on."""
    if len(text) <= most:
        return text
    head = text[: ROOM * most + 1]
    characters = list(graphemes(head))
    if len(characters) <= most and len(head) <= ROOM * most:
        return text
    whole = characters if len(head) <= ROOM * most else characters[:-1]
    return f"{''.join(whole[: most - 1])}…"


def clip_start(text: str, most: int) -> str:
    """The end of a text: at most `most` characters as they are seen, the first a "…" if there is more."""
    if len(text) <= most:
        return text
    tail = text[-ROOM * most - 1 :]
    characters = list(graphemes(tail))
    if len(characters) <= most and len(text) <= ROOM * most:
        return text
    whole = characters if len(tail) <= ROOM * most else characters[1:]
    return f"…{''.join(whole[max(0, len(whole) - most + 1) :])}"


def graphemes(text: str) -> Iterator[str]:
    """Characters as they are seen (extended grapheme clusters, Unicode annex 29), one after another."""
    start = 0
    for i in range(1, len(text)):
        if not joins(text, start, i):
            yield text[start:i]
            start = i
    if text:
        yield text[start:]


def joins(text: str, start: int, i: int) -> bool:
    """Whether the code point `i` belongs to the character that began at `start`."""
    before, char = text[i - 1], text[i]
    if before == "\r" and char == "\n":
        return True
    if is_control(before) or is_control(char):
        return False
    if extends(char):
        return True
    if before == JOINER and is_picture(text[start]) and is_picture(char):
        return True
    if is_regional(before) and is_regional(char):
        return i - start == 1  # a flag is a pair of letters
    return hangul_joins(before, char) or conjunct_joins(text[start:i], char)


def is_control(char: str) -> bool:
    """Controls and format characters stand alone, but for those that join, and the letters of tags."""
    kind = unicodedata.category(char)
    return kind in {"Cc", "Zl", "Zp", "Cs"} or (kind == "Cf" and not extends(char))


def extends(char: str) -> bool:
    """Accents, vowel signs, joiners, skin colours, and the tags that make a flag Scotland's."""
    point = ord(char)
    joiner = point in (0x200C, 0x200D, 0xFF9E, 0xFF9F)
    coloured = 0x1F3FB <= point <= 0x1F3FF or 0xE0020 <= point <= 0xE007F
    return joiner or coloured or unicodedata.category(char).startswith("M")


def is_picture(char: str) -> bool:
    """Emoji and their kin, which a joiner makes one picture."""
    point = ord(char)
    return (
        char in PICTURES
        or 0x2600 <= point <= 0x27BF
        or (0x1F000 <= point <= 0x1FAFF and not is_regional(char))
    )


def is_regional(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def hangul_joins(before: str, char: str) -> bool:
    """Whether two Korean letters or syllables make one: L L, L V, V V, V T, T T, and the composed ones."""
    return hangul(before) + hangul(char) in ("LL", "LV", "LA", "LB", "VV", "VT", "TT", "AV", "AT", "BT")


def hangul(char: str) -> str:
    """L, V or T for a leading consonant, vowel, trailing consonant; A is L V, B is L V T; else "-"."""
    point = ord(char)
    if 0xAC00 <= point <= 0xD7A3:
        return "A" if (point - 0xAC00) % 28 == 0 else "B"
    letters = {"L": (0x1100, 0x115F), "V": (0x1160, 0x11A7), "T": (0x11A8, 0x11FF)}
    return next((kind for kind, (low, high) in letters.items() if low <= point <= high), "-")


def conjunct_joins(cluster: str, char: str) -> bool:
    """Whether a consonant goes on with the Indic syllable before it, such as क्ष: a virama joins the two."""
    signs = cluster[max((i for i, c in enumerate(cluster) if is_consonant(c)), default=len(cluster)) + 1 :]
    joined = any(sign in VIRAMAS for sign in signs)
    return joined and all(is_mark(sign) for sign in signs) and is_consonant(char)


def is_mark(char: str) -> bool:
    """Accents and joiners, without vowel signs that have a place of their own."""
    return char == JOINER or unicodedata.category(char) == "Mn"


def is_consonant(char: str) -> bool:
    """Of Devanagari, Bengali, Gujarati, Oriya, Telugu and Malayalam, whose blocks have one plan."""
    block, place = divmod(ord(char), 0x80)
    return block * 0x80 in {0x900, 0x980, 0xA80, 0xB00, 0xC00, 0xD00} and 0x15 <= place <= 0x39
