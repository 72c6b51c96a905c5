"""Characters or words ↔ ids, and labels in which whitespace can be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from textgen.errors import ModelError, TextError
from textgen.records import Encoded

VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}


def visible(token: str) -> str:
    """A token as it can be shown anywhere: whitespace as a sign, controls by code point."""
    return "".join(VISIBLE.get(char) or (char if printable(char) else f"U+{ord(char):04X}") for char in token)


def printable(char: str) -> bool:
    """False for controls, format characters (right-to-left marks) and lone surrogates."""
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


class TextTokenizer:
    """A Hugging Face `Tokenizer` with what a page needs on top: pieces, unknowns, labels."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.vocab_size: int = tokenizer.get_vocab_size()
        vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        self.texts: tuple[str, ...] = tuple(text for text, _ in vocabulary)  # (V,)
        self.labels: tuple[str, ...] = tuple(map(visible, self.texts))  # (V,)
        self._ids = dict(vocabulary)

    @classmethod
    def characters(cls, alphabet: Iterable[str]) -> TextTokenizer:
        """One id a character, in code-point order. Raises TextError for an empty alphabet."""
        ordered = sorted(set(alphabet))
        if not ordered:
            raise TextError("the text has no characters; give a text with at least 2 different ones")
        tokenizer = Tokenizer(models.WordLevel({char: i for i, char in enumerate(ordered)}))  # type: ignore[arg-type]
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")  # type: ignore[assignment]
        tokenizer.decoder = decoders.Fuse()  # type: ignore[assignment]
        return cls(tokenizer)

    @classmethod
    def load(cls, path: Path) -> TextTokenizer:
        """Read a tokenizer.json. Raises ModelError when it is missing or not one."""
        try:
            return cls(Tokenizer.from_file(str(path)))
        except Exception as error:  # the library raises plain Exception
            sentence = f"{path} cannot be read as a tokenizer ({error}); train or copy the model again"
            raise ModelError(sentence) from error

    def save(self, path: Path) -> None:
        self.tokenizer.save(str(path))

    def encode(self, text: str) -> Encoded:
        """Text → ids; pieces that the model does not know are named and left out of the ids."""
        pieces = [(piece, piece in self._ids) for piece in self.split(text)]
        unknown = dict.fromkeys(piece for piece, known in pieces if not known)
        ids = tuple(self._ids[piece] for piece, known in pieces if known)
        return Encoded(ids=ids, pieces=tuple(pieces), unknown=tuple(unknown))

    def split(self, text: str) -> list[str]:
        """The pieces of a text after normalisation, known or not."""
        text = text.encode("utf-8", "replace").decode()  # lone surrogates have no UTF-8
        if self.tokenizer.normalizer is not None:
            text = self.tokenizer.normalizer.normalize_str(text)
        return [piece for piece, _ in self.tokenizer.pre_tokenizer.pre_tokenize_str(text)]  # type: ignore[union-attr]

    def extended(self, text: str, token: int) -> str:
        """The text with one more token at its end."""
        return text + self.texts[token]

    def without_last(self, text: str) -> str:
        """The text without its last piece, known or not; "" stays ""."""
        pieces = self.split(text)
        return text[: len(text) - len(pieces[-1])] if pieces else ""

    def decode(self, ids: Sequence[int]) -> str:
        """Ids → the text they stand for."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=False)
