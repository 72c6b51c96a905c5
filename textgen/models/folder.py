"""A model folder ↔ a model: config.json, model.safetensors, tokenizer.json. Never pickle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, takewhile
from pathlib import Path

import torch
from safetensors.torch import save as as_bytes

from textgen.decoding.reading import Reader
from textgen.decoding.scheduler import Stepper
from textgen.errors import ModelError, SettingError, shorten
from textgen.models import weights
from textgen.models.config import FILE, FORMAT, ModelConfig
from textgen.models.reading import foreign, read_object, sha256_of, unreadable
from textgen.nets import build
from textgen.nets.base import LanguageModel
from textgen.nets.suppressed import Suppressed
from textgen.settings import DecodeSettings
from textgen.text.subword_tokenizer import SubwordTokenizer
from textgen.text.tokenizer import TextTokenizer
from textgen.text.tokenizer_form import is_subword
from textgen.validation import whole

WEIGHTS, TOKENIZER = weights.FILE, "tokenizer.json"
MAX_TOKENIZER = 50_000_000  # bytes
LEAST_TENSORS = 2  # that each layer of a net has
BOS = "BOS"  # the label of the token at which texts begin and end


@dataclass(frozen=True)
class Model:
    """A net with its tokenizer and its facts, ready to use."""

    name: str
    net: LanguageModel  # as it was trained
    tokenizer: TextTokenizer
    config: ModelConfig
    stepper: Stepper = Stepper()  # noqa: RUF009 (it holds nothing)  # what computes with the net

    @cached_property
    def writer(self) -> LanguageModel:
        """The net for all that writes or shows: what it must not write is −inf."""
        return Suppressed(self.net, self.suppressed) if self.suppressed else self.net

    @cached_property
    def reader(self) -> Reader:
        """The same net, which remembers the contexts that it has read."""
        return Reader(self.writer)

    @cached_property
    def suppressed(self) -> frozenset[int]:
        """The tokens that are never written: `<unk>`."""
        unknown = self.tokenizer.unknown_id
        return frozenset() if unknown is None else frozenset({unknown})

    @cached_property
    def bos(self) -> int | None:
        """The token at which every text begins, and at the next of which it ends; None for a model
        whose training text was one long one.
        """
        text = self.config.bos
        return None if text is None else self.tokenizer.pieces.index(text)

    @cached_property
    def stops(self) -> frozenset[int]:
        """The tokens that end a text."""
        ends = frozenset(self.tokenizer.pieces.index(text) for text in self.config.stops)
        return ends if self.bos is None or ends else frozenset({self.bos})

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """(V,) visible token labels."""
        return tuple(BOS if i == self.bos else label for i, label in enumerate(self.tokenizer.labels))

    @property
    def start(self) -> str:
        """The text that stands for an empty context."""
        given = (text for text in (self.config.bos, self.config.start) if text is not None)
        return next(given, "\n")

    def by_ids(self, settings: DecodeSettings) -> DecodeSettings:
        """Settings whose tokens are named by this model's ids. Raises SettingError for one that it lacks."""
        return settings.for_tokens(self.labels, self.tokenizer.texts)

    def ended(self, ids: Sequence[int]) -> bool:
        """Whether a text of these ids has ended: its last one is a stop."""
        return bool(len(ids)) and ids[-1] in self.stops

    def parts(self, ids: Iterable[int], after: str = "") -> Iterator[str]:
        """What each token adds to the text `after`; a stop adds nothing and ends it."""
        written = takewhile(lambda token: token >= 0 and token not in self.stops, ids)
        return self.tokenizer.additions(written, after)

    def text(self, ids: Iterable[int], after: str = "") -> str:
        """What ids add to the text `after`, up to the first stop."""
        return "".join(self.parts(ids, after))

    def gap(self, left: int, right: int) -> str:
        """What stands between two labels: what stands between the tokens; a stop stands apart."""
        return " " if self.stops & {left, right} else self.tokenizer.gap(left, right)

    def shown(self, ids: Sequence[int]) -> str:
        """Ids as visible labels in a row."""
        gaps = ("", *(self.gap(left, right) for left, right in pairwise(ids)))
        return "".join(gap + self.labels[token] for gap, token in zip(gaps, ids, strict=False))


def save(
    folder: Path,
    net: LanguageModel,
    tokenizer: TextTokenizer,
    config: ModelConfig,
    kind: torch.dtype = torch.float16,
) -> None:
    """Write a model folder, its weights rounded to `kind`. Raises OSError, ModelError for a NaN."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = {
        name: tensor.detach().cpu().to(kind, copy=True).contiguous()
        for name, tensor in net.state_dict().items()
    }
    if name := weights.not_finite(rounded):
        raise ModelError(
            f"the net's {name} holds numbers that are not finite in {str(kind).removeprefix('torch.')}; "
            "nothing was written: train again with a lower optimiser.rate"
        )
    (folder / WEIGHTS).write_bytes(as_bytes(rounded, metadata={"format": "pt"}))
    tokenizer.save(folder / TOKENIZER)
    replace(config, parameters=net.parameter_count).write(folder)


def load(folder: Path) -> Model:
    """Read a model folder into memory as float32, ready for inference.

    Raises ModelError, with what is wrong and the way out, for a missing, damaged or foreign folder.
    """
    config = read_config(folder)
    tokenizer = load_tokenizer(folder / TOKENIZER)
    if unknown := [text for text in (config.bos, *config.stops) if text not in (None, *tokenizer.pieces)]:
        raise foreign(folder, f"its bos must be one token of its tokenizer, got {shorten(unknown[0])}")
    net = empty_net(folder, config, weights.read_shapes(folder))
    if net.vocab_size != tokenizer.vocab_size:
        raise foreign(folder, f"the net has {net.vocab_size} tokens, the tokenizer {tokenizer.vocab_size}")
    weights.read_into(folder, net)
    net.eval().requires_grad_(False)
    net.prepare()
    return Model(folder.name, net, tokenizer, config)


def read_config(folder: Path) -> ModelConfig:
    """A model's facts without its weights. Raises ModelError for a folder that is not a model's."""
    if not folder.is_dir():
        raise ModelError(f"there is no model folder {folder}; `python -m textgen models` lists what there is")
    config = ModelConfig.read(folder)
    if config.format != FORMAT:
        raise foreign(folder, f"{FILE} is not of format {FORMAT}")
    return config


def load_tokenizer(path: Path) -> TextTokenizer:
    """Read a tokenizer.json. Raises ModelError when it is missing or not one of ours."""
    data = read_object(path, MAX_TOKENIZER)
    kind = SubwordTokenizer if is_subword(data) else TextTokenizer
    try:
        return kind.from_json(data)
    except ValueError as error:
        raise unreadable(path, f"it is no tokenizer of ours: {error}") from error


def empty_net(folder: Path, config: ModelConfig, shapes: weights.Shapes) -> LanguageModel:
    """The net that a config describes, weights not yet read; those in the folder are of these shapes.

    It takes memory only once it is known to be as large as the weights. Raises ModelError.
    """
    layers = whole(config.sizes.get("layers"))
    if layers is not None and layers > len(shapes) / LEAST_TENSORS:
        raise foreign(folder, f"{FILE} says {shorten(layers)} layers, {WEIGHTS} has {len(shapes):,} tensors")
    try:
        with torch.device("meta"):
            weights.check_shapes(folder, build(config.architecture, config.sizes), shapes)
        return build(config.architecture, config.sizes)
    except SettingError as error:
        raise foreign(folder, f"{FILE} describes no network that we have ({error})") from error


def weights_sha256(folder: Path) -> str:
    """The checksum of the weights file, for receipts. Raises ModelError."""
    return sha256_of(folder / WEIGHTS)
