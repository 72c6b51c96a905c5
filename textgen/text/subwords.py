"""Subwords: byte-level BPE, the tokens of today's language models.

A text's UTF-8 bytes are the smallest tokens, so that no text is unknown; pairs that stand together often
became one token, again and again (Sennrich, Haddow & Birch 2016; on bytes: Radford et al. 2019, GPT-2). A
space belongs to the word behind it: ` the`. A token may hold a part of a character; what it says is then
shown with the token that completes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

# A line break, a word with the space before it and its inner apostrophes, up to three digits, signs, spaces.
# No piece goes on behind a line break, so that a text may be read in parts that end in one.
PIECE = r"\n| ?[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)*| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]+|[^\S\n]+(?!\S)|[^\S\n]+"
# How Llama 3 and Qwen 2 cut a text; GPT-2's way is a part of the library.
FOREIGN = tuple(
    rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    for digits in (r"\p{N}{1,3}", r"\p{N}")
)
PIECES = (PIECE, *FOREIGN)
LEAST_VOCABULARY = 257  # all bytes, and a pair of them
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def byte_alphabet() -> dict[str, int]:
    """The byte that each sign of a byte-level vocabulary stands for: itself where it can be printed, else
    one from U+0100 on (GPT-2's `bytes_to_unicode`).
    """
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
    moved = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(moved)}


def subword_tokenizer(texts: Iterable[str], vocab_size: int, lower: bool = False) -> Tokenizer:
    """Learn a vocabulary from texts: the 256 bytes, then pairs, the more frequent ones first.

    A text with too few different pairs for `vocab_size` tokens gets fewer.
    """
    tokenizer = Tokenizer(models.BPE())
    case = [normalizers.Lowercase()] if lower else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *case])  # type: ignore[assignment]
    cut = pre_tokenizers.Split(Regex(PIECE), "isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, as_bytes])  # type: ignore[assignment]
    tokenizer.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    alphabet = sorted(byte_alphabet())
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False)  # type: ignore[call-arg]
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def is_whole(said: bytes) -> bool:
    """Whether bytes are whole characters."""
    try:
        said.decode()
    except UnicodeDecodeError:
        return False
    return True


def piece_of(said: bytes) -> str:
    """A token's text; of one that is no whole characters, bytes beyond ASCII as `<0xE2>`."""
    if is_whole(said):
        return said.decode()
    return BEYOND_ASCII.sub(lambda byte: b"<0x%02X>" % byte[0][0], said).decode()
