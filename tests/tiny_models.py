"""Tiny random models over words, and over names that begin and end at a line break."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import torch

from textgen.models import folder as checkpoint
from textgen.models.config import ModelConfig
from textgen.nets.lstm import LSTM
from textgen.text.tokenizer import TextTokenizer
from textgen.text.words import split_words, word_vocabulary

TEXT = """\
"Tom!" said the old lady. "Where's that boy, I wonder?"
No answer; the dog--a small one--didn't wake up.
"'Tis late, Tom," she said (to nobody).
"""


def save_tiny_words_model(folder: Path, text: str = TEXT, min_count: int = 1, seed: int = 0) -> Path:
    """A random LSTM over the words of a short text."""
    tokenizer = TextTokenizer.words(word_vocabulary(Counter(split_words(text)), min_count))
    return save_random(folder, tokenizer, seed)


def save_tiny_names_model(folder: Path, alphabet: str = "\nabcdef", seed: int = 0) -> Path:
    """A random LSTM over a few letters, whose texts begin and end at a line break."""
    return save_random(folder, TextTokenizer.characters(alphabet), seed, bos="\n")


LARGE = 50_257  # tokens, as many as GPT-2 has
SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]  # 70


def save_large_words_model(folder: Path, size: int = LARGE, seed: int = 0) -> Path:
    """A random LSTM over as many made-up words as `size`, a few of them far likelier than the rest."""
    tokenizer = TextTokenizer.words(["<unk>", *(made_up(i) for i in range(size - 1))])
    torch.manual_seed(seed)
    net = LSTM(LSTM.Sizes(size, embedding=8, hidden=16))
    torch.nn.init.normal_(net.head.bias, std=2.5)
    sizes = {"vocab_size": size, "embedding": 8, "hidden": 16}
    checkpoint.save(folder, net, tokenizer, ModelConfig(architecture="lstm", sizes=sizes))
    return folder


def made_up(i: int) -> str:
    """A word of three syllables, another one for each number: bababa, bababe, …"""
    n = len(SYLLABLES)
    return SYLLABLES[i // n**2 % n] + SYLLABLES[i // n % n] + SYLLABLES[i % n]


def save_random(folder: Path, tokenizer: TextTokenizer, seed: int, bos: str | None = None) -> Path:
    torch.manual_seed(seed)
    sizes = {"vocab_size": tokenizer.vocab_size, "embedding": 8, "hidden": 16}
    net = LSTM(LSTM.Sizes(tokenizer.vocab_size, embedding=8, hidden=16))
    checkpoint.save(folder, net, tokenizer, ModelConfig(architecture="lstm", sizes=sizes, bos=bos))
    return folder


def load_tiny_words(root: Path) -> checkpoint.Model:
    return checkpoint.load(save_tiny_words_model(root / "words"))


def load_tiny_names(root: Path, seed: int = 0) -> checkpoint.Model:
    return checkpoint.load(save_tiny_names_model(root / "names", seed=seed))
