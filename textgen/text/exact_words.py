"""Words and signs as tokens from which a text comes back as it stood, in any script.

A token is a word with its inner apostrophes, points and colons, a run of signs, a single sign or a line
break. A single space between two tokens goes without saying where it is usual: behind a word or a closing
sign, before a word or an opening bracket. All that is unusual is a token: other spaces are themselves, and
`JOINER` stands where there is no space though one is usual.

    Hello, AT&T!   →   Hello , AT ⁀ & ⁀ T !
"""

from __future__ import annotations

from collections.abc import Mapping

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from textgen.text.words import UNKNOWN, checked_ids, final_sigma, frequent

JOINER = "\N{WORD JOINER}"
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
EITHER_SIDE = (
    "/-\N{EN DASH}\N{EM DASH}'\"“”„‟«»‹›‘’‚‛"
    + "，。、；：？！．・…（）「」『』《》〈〉【】"
    + SPACES
    + JOINER
)
TIGHT_BEFORE = frozenset(".,;:!?…%)]}।؟،؛" + EITHER_SIDE)  # no space is usual before these
TIGHT_AFTER = frozenset("([{$£€¿¡" + EITHER_SIDE)  # nor behind these


def one_of(characters: frozenset[str] | str, negated: bool = False) -> str:
    """The characters as a class of a regular expression."""
    inside = "".join(f"\\x{{{ord(char):X}}}" for char in sorted(characters))
    return f"[{'^' if negated else ''}{inside}]"


LETTER = r"[\w\x{200C}\x{200D}]"  # with the signs that shape neighbours in Persian and Indic scripts
INNER = r"(?<=\d)[.,:](?=\d)"
WORD = rf"{LETTER}+(?:['’]{LETTER}+|{INNER}{LETTER}+)*"
OPEN, CLOSED = one_of(TIGHT_AFTER, negated=True), one_of(TIGHT_BEFORE, negated=True)
UNUSUAL_SPACE = rf"{one_of(SPACES.replace(' ', ''))}|(?<!{OPEN})[ ]|[ ](?!{CLOSED})"
PIECE = rf"{UNUSUAL_SPACE}|{WORD}|--+|\.\.\.|{one_of(SPACES, negated=True)}"
JOINED = rf"(?<={OPEN})(?={CLOSED})(?!(?<={LETTER})(?={LETTER}))(?!(?<=\d[.,:])(?=\d))"


def exact_tokenizer(vocabulary: list[str], lower: bool = False) -> Tokenizer:
    """A Hugging Face `Tokenizer` over a vocabulary of `exact_vocabulary`.

    Raises TextError for a vocabulary without `<unk>` or with a word twice.
    """
    tokenizer = Tokenizer(models.WordLevel(checked_ids(vocabulary), unk_token=UNKNOWN))
    case = [normalizers.Lowercase(), final_sigma()] if lower else []
    join = normalizers.Replace(Regex(JOINED), JOINER)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *case, join])  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PIECE), "removed", invert=True)  # type: ignore[assignment]
    return tokenizer


def exact_vocabulary(counts: Mapping[str, int], min_count: int) -> list[str]:
    """`<unk>`, the joiner and the space, then what was counted at least `min_count` times."""
    always = [UNKNOWN, JOINER, " "]
    return [*always, *(word for word in frequent(counts, min_count) if word not in always)]


def is_exact(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer, perhaps read from a file, is one of these."""
    normalizer, cut = tokenizer.normalizer, tokenizer.pre_tokenizer
    return (
        normalizer is not None
        and cut is not None
        and [piece for piece, _ in cut.pre_tokenize_str(normalizer.normalize_str(".a "))]
        == [".", JOINER, "a", " "]
    )


def written(piece: str) -> str:
    """What a token looks like in a text."""
    return "" if piece == JOINER else piece


def tight_before(piece: str) -> bool:
    """Whether no space goes without saying before it."""
    return piece[:1] in TIGHT_BEFORE


def tight_after(piece: str) -> bool:
    """Whether no space goes without saying behind it."""
    return piece[-1:] in TIGHT_AFTER
