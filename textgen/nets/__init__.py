"""The architectures: one a file, all behind `base.LanguageModel`. A new one is its file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from textgen.errors import SettingError, shorten
from textgen.validation import one_of

if TYPE_CHECKING:
    from textgen.nets.base import LanguageModel


class Architecture(NamedTuple):
    """Where a kind of net is defined, and how it is introduced to people."""

    place: str  # "module:class", imported when a net is built: this table loads no torch
    title: str
    reads: str  # how it reads a text, in one sentence


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "lstm": Architecture(
            "textgen.nets.lstm:LSTM",
            "LSTM",
            "Reads one token after the other and keeps a memory; gates decide what stays in it.",
        ),
        "gru": Architecture(
            "textgen.nets.gru:GRU",
            "GRU",
            "Reads one token after the other into one memory, with two gates.",
        ),
        "rnn": Architecture(
            "textgen.nets.rnn:RNN",
            "tanh RNN",
            "Reads one token after the other into one state without gates: the plainest memory.",
        ),
        "gpt": Architecture(
            "textgen.nets.gpt:GPT",
            "GPT",
            "Looks back at all tokens of its window at once, with attention.",
        ),
        "windowed_lstm": Architecture(
            "textgen.nets.windowed_lstm:WindowedLSTM",
            "LSTM over a window",
            "Reads a window of the last tokens afresh for every prediction.",
        ),
        "attention_lstm": Architecture(
            "textgen.nets.attention_lstm:AttentionLSTM",
            "LSTM with attention",
            "Reads one token after the other, then looks back at what it read, with attention.",
        ),
        "hugging_face": Architecture(
            "textgen.nets.hugging_face:HuggingFaceLM",
            "transformer",
            "Looks back at all tokens of its window at once, with attention; from Hugging Face's library.",
        ),
    }
)


def build(architecture: str, sizes: Any, dropout: Any = MappingProxyType({})) -> LanguageModel:
    """A net with random weights, from what JSON or TOML says of it: {"vocab_size": 65, "hidden": 512, …}.

    `dropout` names rates (0..1) of `base.Dropout` and matters in training alone. Raises SettingError for
    an architecture that is not in the table and for sizes or rates that it does not take.
    """
    kind = net_class(architecture)
    arguments = kind.arguments(sizes, dropout)
    try:
        return kind(*arguments)
    except (RuntimeError, MemoryError) as error:  # PyTorch's, for more numbers than there is memory
        raise SettingError(
            f"a net of these sizes takes more memory than there is: {shorten(sizes, 160)}; choose "
            "smaller ones"
        ) from error


def net_class(architecture: str) -> type[LanguageModel]:
    """The class of an architecture. Raises SettingError for one that is not in the table."""
    module, name = ARCHITECTURES[as_architecture("architecture", architecture)].place.split(":")
    return getattr(import_module(module), name)


def as_architecture(name: str, value: Any) -> str:
    """The check for the name of an architecture."""
    return one_of(tuple(ARCHITECTURES), "lstm is usual")(name, value)
