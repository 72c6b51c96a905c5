"""Words and punctuation as tokens, such that the spaces between them follow from two neighbours.

A token is a word with its inner apostrophes, a number, a punctuation mark or a line break; spaces are
none. Quotes and italics marks become self-describing: “ opens and ” closes where the text has ". What
was typed as “ ” ’ — or … already is read as the same text in plain signs. That is made for English prose;
`exact_words` keeps every sign and space of any text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from textgen.errors import TextError

UNKNOWN = "<unk>"  # stands for all words that were too rare to learn; no text is split into it

WORD = r"\w+(?:'\w+)*"
NUMBER = r"\d+(?:[.,:]\d+)*(?!\w)"
PIECE = rf"\n|{NUMBER}|{WORD}|--+|\.\.\.|\S"

# What may stand before an opening quote; the start of a text does as well.
BEFORE_OPENING = r"\s(\[{⌊"
FINAL_SIGMA = r"(?<=\w)σ(?!\w)"
REWRITES = (
    ("…", "..."),
    ("[–—]", "--"),
    (r"(?<=\w)’(?=\w)", "'"),
    (r"(?<![^\s(\[{])_|(?<![\w.,;:!?])_(?=[\w\"'$])", "⌊"),
    ("_", "⌋"),
    (rf"(?<![^{BEFORE_OPENING}‘])\"|(?<=-)\"(?=[\w'⌊])", "“"),
    (rf"(?<![^{BEFORE_OPENING}“])'|(?<=-)'(?=[\w⌊])", "‘"),
    ('(?<=‘)"', "“"),
    ('"', "”"),
    (r"(?<!\w)'|'(?!\w)", "’"),
)
WRITTEN = {"“": '"', "”": '"', "‘": "'", "’": "'", "⌊": "_", "⌋": "_"}

NO_SPACE_BEFORE = frozenset(".,;:!?%)]}/-\n”’⌋") | {"...", "--"}
NO_SPACE_AFTER = frozenset("([{$£/-\n“‘⌊") | {"--"}


def word_tokenizer(vocabulary: Sequence[str], lower: bool = False) -> Tokenizer:
    """A Hugging Face `Tokenizer` over words, ids in the order given; `lower` reads all in lower case.

    Raises TextError for a vocabulary without `<unk>` or with a word twice.
    """
    tokenizer = Tokenizer(models.WordLevel(checked_ids(vocabulary), unk_token=UNKNOWN))
    case = [normalizers.Lowercase(), final_sigma()] if lower else []
    steps = [normalizers.NFC(), *case, self_describing()]
    tokenizer.normalizer = normalizers.Sequence(steps)  # type: ignore[assignment]
    tokenizer.pre_tokenizer = cut()  # type: ignore[assignment]
    return tokenizer


def final_sigma() -> normalizers.Normalizer:
    """Greek has a sigma of its own at the end of a word, which lowering sign by sign does not know."""
    return normalizers.Replace(Regex(FINAL_SIGMA), "ς")


def checked_ids(vocabulary: Sequence[str]) -> dict[str, int]:
    """The id of each word. Raises TextError for a vocabulary without `<unk>` or with a word twice."""
    ids = {word: i for i, word in enumerate(vocabulary)}
    if UNKNOWN not in ids or len(ids) != len(vocabulary):
        raise TextError(
            f"a vocabulary must hold {UNKNOWN}, and each word once, got {len(vocabulary)} words, "
            f"{len(ids)} of them distinct; make it by word_vocabulary"
        )
    return ids


def self_describing() -> normalizers.Normalizer:
    """Plain signs → signs that say which way they face."""
    return normalizers.Sequence([normalizers.Replace(Regex(old), new) for old, new in REWRITES])


def cut() -> pre_tokenizers.PreTokenizer:
    """A text → its pieces, spaces left out."""
    return pre_tokenizers.Split(Regex(PIECE), "removed", invert=True)


def split_words(text: str) -> list[str]:
    """The pieces of a text: what `word_vocabulary` wants counted.

    A long text may be split in parts, if they are cut after line breaks: the pieces are the same.
    """
    pieces = cut().pre_tokenize_str(self_describing().normalize_str(text))
    return [piece for piece, _ in pieces]


def word_vocabulary(counts: Mapping[str, int], min_count: int) -> list[str]:
    """`<unk>`, then what was counted at least `min_count` times: frequent ones first, ties by code point."""
    return [UNKNOWN, *frequent(counts, min_count)]


def frequent(counts: Mapping[str, int], min_count: int) -> list[str]:
    """What was counted at least `min_count` times: frequent ones first, ties by code point."""
    words = [word for word, count in counts.items() if count >= min_count and word != UNKNOWN]
    return sorted(words, key=lambda word: (-counts[word], word))


def written(piece: str) -> str:
    """What a token looks like in a text: straight quotes again."""
    return WRITTEN.get(piece, piece)


def tight_before(piece: str) -> bool:
    """Whether no space stands before it."""
    return piece in NO_SPACE_BEFORE


def tight_after(piece: str) -> bool:
    """Whether no space stands after it; a blank like `----` ends as the word goes on."""
    return piece in NO_SPACE_AFTER or piece.startswith("---")
