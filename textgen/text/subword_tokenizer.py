"""Subwords ↔ ids: what `tokenizer.py` does for characters and words, for byte-level BPE (`subwords.py`)."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence

from tokenizers import Encoding, Tokenizer

from textgen.records import Encoded
from textgen.text.files import normal
from textgen.text.subwords import byte_alphabet, is_whole, piece_of
from textgen.text.tokenizer import TextTokenizer, encodable


class SubwordTokenizer(TextTokenizer):
    """A tokenizer whose tokens are bytes of a text, from one byte to a word and more.

    A token that is no whole characters is `<0xE2>` among `pieces` and "" among `texts`.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        special = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
        alphabet = byte_alphabet()
        self.bytes: tuple[bytes, ...] = tuple(
            name.encode() if name in special else bytes(alphabet[sign] for sign in name)
            for name, _ in vocabulary
        )  # (V,) what each token says
        self._take(tokenizer, tuple(map(piece_of, self.bytes)))
        self.level = "subword"
        self._is_ours = is_ours(tokenizer)
        self.partial = {i: said for i, said in enumerate(self.bytes) if not is_whole(said)}
        self.texts = tuple("" if i in self.partial else said.decode() for i, said in enumerate(self.bytes))

    def readable(self, text: str) -> str:
        """The text as the model's own was read: ours with plain lines and composed accents."""
        return encodable(normal(text) if self._is_ours else text)

    def encode(self, text: str) -> Encoded:
        """Text → ids; every text is known."""
        ids = self._encoding(text).ids
        return Encoded(ids=tuple(ids), pieces=tuple((self.pieces[i], True) for i in ids), unknown=())

    def split(self, text: str) -> list[str]:
        """The tokens of a text, as `pieces` names them."""
        return [self.pieces[token] for token in self._encoding(text).ids]

    def _encoding(self, text: str) -> Encoding:
        return self.tokenizer.encode(self.readable(text), add_special_tokens=False)

    def additions(
        self, ids: Iterable[int], after: str = "", texts: Sequence[str] | None = None
    ) -> Iterator[str]:
        """What each of the ids adds: whole characters; the token that completes one says all of it.

        Bytes that can be no part of a character are "\ufffd".
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for token in ids:
            yield decoder.decode(self.bytes[token])

    def extended(self, text: str, ids: Sequence[int]) -> str:
        """The text with what more tokens say; read again, they may be other tokens of the same text."""
        return text + self.decode(ids)

    def without_last(self, text: str) -> str:
        """The text without its last token; of one that is a part of a character, without all of it."""
        text = self.readable(text)
        spans = self._encoding(text).offsets  # in characters
        return text[: spans[-1][0]] if spans else ""

    def nearest(self, piece: str, n: int = 3) -> tuple[str, ...]:
        """None: every text is known."""
        return ()


def is_ours(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer cuts a text as those that are trained here do."""
    cut = tokenizer.pre_tokenizer
    return cut is not None and [piece for piece, _ in cut.pre_tokenize_str("a\n\nb'c")] == [
        "a",
        "Ċ",
        "Ċ",
        "b'c",
    ]
