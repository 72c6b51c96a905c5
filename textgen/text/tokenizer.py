"""Characters, words or subwords ↔ ids, and labels in which whitespace can be seen."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from textgen.errors import TextError
from textgen.records import Encoded
from textgen.text import exact_words, words
from textgen.text.files import composed, normal
from textgen.text.nearest import Neighbours
from textgen.text.tokenizer_form import CHARACTER, check_form

VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", exact_words.JOINER: "⁀"}
SIGNS = frozenset(VISIBLE.values())
HALF = re.compile("[\ud800-\udfff]")  # lone surrogates
MAX_FILE = 50_000_000  # bytes of a tokenizer.json
Level = Literal["char", "word", "subword"]


def visible(token: str) -> str:
    """A token as it can be shown anywhere: whitespace as a sign, controls and those signs by code point."""
    return "".join(VISIBLE.get(char) or (char if printable(char) else f"U+{ord(char):04X}") for char in token)


def printable(char: str) -> bool:
    """False for controls, format characters (right-to-left marks), lone surrogates, and what stands for
    whitespace.
    """
    return char not in SIGNS and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def distinct_labels(pieces: Sequence[str]) -> tuple[str, ...]:
    """(V,) each token as it is shown, no two alike: where they would be, the id stands behind."""
    labels = tuple(map(visible, pieces))
    often = Counter(labels)
    return tuple(label if often[label] == 1 else f"{label} #{i}" for i, label in enumerate(labels))


def lowered(text: str) -> str:
    """A text in lower case, as the tokenizers lower what they read: character by character."""
    return normalizers.Lowercase().normalize_str(text)


class TextTokenizer:
    """A Hugging Face `Tokenizer` with what a page needs on top: pieces, unknowns, labels, spaces.

    Between two tokens stands a space unless `tight_after` of the left or `tight_before` of the right
    one; characters are all tight. Subwords are a class of their own, `subwords.SubwordTokenizer`.
    """

    level: Level

    def __init__(self, tokenizer: Tokenizer) -> None:
        vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        self._take(tokenizer, tuple(piece for piece, _ in vocabulary))
        self.unknown_id = self.ids.get(words.UNKNOWN)
        if self.unknown_id is not None:
            self.level = "word"
            self.exact = exact_words.is_exact(tokenizer)
            style = exact_words if self.exact else words
            self.texts = tuple(map(style.written, self.pieces))
            self.tight_before = tuple(map(style.tight_before, self.pieces))
            self.tight_after = tuple(map(style.tight_after, self.pieces))

    def _take(self, tokenizer: Tokenizer, pieces: tuple[str, ...]) -> None:
        """What all levels share, as it is for characters."""
        self.tokenizer = tokenizer
        self.level: Level = "char"
        self.exact = False  # whether words keep every sign and space
        self.vocab_size: int = len(pieces)
        self.unknown_id: int | None = None
        self.pieces: tuple[str, ...] = pieces  # (V,) as `split` names them
        self.ids: Mapping[str, int] = {piece: i for i, piece in enumerate(pieces)}
        self.labels: tuple[str, ...] = distinct_labels(pieces)  # (V,)
        self.texts: tuple[str, ...] = pieces  # (V,) what each adds to a text, but for a space before it
        self.partial: Mapping[int, bytes] = {}  # what tokens say that are no whole characters
        self.tight_before: tuple[bool, ...] = (True,) * len(pieces)  # (V,)
        self.tight_after: tuple[bool, ...] = (True,) * len(pieces)  # (V,)

    @classmethod
    def characters(cls, alphabet: Iterable[str], lower: bool = False) -> TextTokenizer:
        """One id a character, in code-point order; `lower` reads all in lower case.

        Raises TextError for an empty alphabet.
        """
        ordered = sorted(set(alphabet))
        if not ordered:
            raise TextError("the text has no characters; give a text with at least 2 different ones")
        return cls.in_order(ordered, lower)

    @classmethod
    def in_order(cls, characters: Sequence[str], lower: bool = False) -> TextTokenizer:
        """One id a character, in the order given."""
        tokenizer = Tokenizer(models.WordLevel({char: i for i, char in enumerate(characters)}))  # type: ignore[arg-type]
        case = [normalizers.Lowercase()] if lower else []
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *case])  # type: ignore[assignment]
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(CHARACTER), "isolated")  # type: ignore[assignment]
        tokenizer.decoder = decoders.Fuse()  # type: ignore[assignment]
        return cls(tokenizer)

    @classmethod
    def words(cls, vocabulary: Sequence[str], lower: bool = False) -> TextTokenizer:
        """One id a word, punctuation mark or line break, in the order given; see `words.word_vocabulary`.

        Raises TextError for a vocabulary without `<unk>` or with a word twice.
        """
        return cls(words.word_tokenizer(vocabulary, lower))

    @classmethod
    def exact_words(cls, vocabulary: Sequence[str], lower: bool = False) -> TextTokenizer:
        """The same for text of any kind; see `exact_words.exact_vocabulary`."""
        return cls(exact_words.exact_tokenizer(list(vocabulary), lower))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TextTokenizer:
        """The tokenizer that a tokenizer.json describes. Raises ValueError, with what is wrong."""
        check_form(data)
        try:
            return cls(Tokenizer.from_str(json.dumps(data)))
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:  # the library raises plain Exception, and panics that are none
            raise ValueError("it describes no tokenizer that the library knows") from error

    def save(self, path: Path) -> None:
        """Write a tokenizer.json. Raises OSError."""
        path.write_text(self.tokenizer.to_str(pretty=True), encoding="utf-8")

    def encode(self, text: str) -> Encoded:
        """Text → ids; pieces that the model does not know are named and left out of the ids."""
        pieces = [(piece, piece in self.ids) for piece in self.split(text)]
        unknown = dict.fromkeys(piece for piece, known in pieces if not known)
        ids = tuple(self.ids[piece] for piece, known in pieces if known)
        return Encoded(ids=ids, pieces=tuple(pieces), unknown=tuple(unknown))

    def split(self, text: str) -> list[str]:
        """The pieces of a text after normalisation, known or not.

        A text may be split in parts that are cut after line breaks: the pieces are the same.
        """
        text = self.readable(text)
        if self.tokenizer.normalizer is not None:
            text = self.tokenizer.normalizer.normalize_str(text)
        return [piece for piece, _ in self.tokenizer.pre_tokenizer.pre_tokenize_str(text)]  # type: ignore[union-attr]

    def readable(self, text: str) -> str:
        """The text as the model's own was read: lines, accents; only what UTF-8 can hold."""
        return encodable(composed(text) if "\r" in self.ids else normal(text))

    def nearest(self, piece: str, n: int = 3) -> tuple[str, ...]:
        """Up to n known words that are spelled much like a piece, likest first; of characters, the other
        case.
        """
        if self.level == "word":
            return self._neighbours.of(piece, n)
        return tuple(case for case in (piece.swapcase(),) if case != piece and case in self.ids)

    @cached_property
    def _neighbours(self) -> Neighbours:
        return Neighbours(word for word in self.pieces if word != words.UNKNOWN and word[0].isalpha())

    def decode(self, ids: Iterable[int], after: str = "") -> str:
        """Ids → what they add to the text `after`, the space between them included."""
        return "".join(self.additions(ids, after))

    def additions(
        self, ids: Iterable[int], after: str = "", texts: Sequence[str] | None = None
    ) -> Iterator[str]:
        """What each of the ids adds, the space before it included; `texts` (V,) instead of our own."""
        texts = texts or self.texts
        tight = self.tight_end(after)
        for token in ids:
            yield texts[token] if tight or self.tight_before[token] else f" {texts[token]}"
            tight = self.tight_after[token]

    def gap(self, left: int, right: int) -> str:
        """What stands between two tokens: a space or nothing."""
        return "" if self.tight_after[left] or self.tight_before[right] else " "

    def tight_end(self, text: str) -> bool:
        """Whether no space is to follow a text: it is empty, has one, or ends in a token that wants none."""
        if self.level != "word" or not text:
            return True
        if self.exact:
            return exact_words.tight_after(self.readable(text))
        return text[-1].isspace() or words.tight_after(self.split(text)[-1])

    def extended(self, text: str, ids: Sequence[int]) -> str:
        """The text with more tokens at its end, to be read as before and then as these tokens.

        Where plain quotes would be read otherwise, they are written as they are meant: “ for ".
        """
        if self.level == "char" or not ids:
            return text + self.decode(ids)
        before = text.rstrip(" ") if self.tight_before[ids[0]] and not self.exact else text
        longer = before + self.decode(ids, before)
        if self.split(longer) == [*self.split(text), *(self.pieces[i] for i in ids)]:
            return longer
        return before + "".join(self.additions(ids, before, self.pieces))

    def without_last(self, text: str) -> str:
        """The text without its last piece, known or not, and the space before it; "" stays ""."""
        text = self.readable(text)
        if self.level == "char":
            return text[:-1]
        spans = self.tokenizer.encode(text, add_special_tokens=False).offsets  # in characters
        before, last = (text[: spans[-1][0]], text[spans[-1][0] :]) if spans else ("", "")
        if self.exact and (exact_words.tight_before(last) or exact_words.tight_after(before[:-1])):
            return before  # a space at its end is a token of its own
        return before.rstrip(" ")


def encodable(text: str) -> str:
    """The text, U+FFFD for each lone surrogate: those have no UTF-8, and no model knows them."""
    return HALF.sub("\ufffd", text)
