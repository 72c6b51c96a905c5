"""config.json of a model folder: what the net is, and how, when and from which text it came about.

What a net needs to run (format, architecture, sizes, bos) is checked when it is loaded. All else only
describes it and may be written by anybody: a fact that is missing or not of its type is None or empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self, get_type_hints

from textgen.errors import ModelError
from textgen.validation import whole

FILE = "config.json"
FORMAT = 1
WINDOWS = "validation_windows_"  # then the number of tokens
LARGEST = 2**63  # below it: what a seed may be at most


class Part:
    """A JSON object as a frozen dataclass: its fields, in their order."""

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Whatever `data` has of the fields; what is missing or not of its type is None or empty."""
        known = data if isinstance(data, Mapping) else {}
        return cls(**{name: fitting(kind, known.get(name)) for name, kind in types_of(cls).items()})

    def to_json(self) -> dict[str, Any]:
        """Plain values, without what is None or empty."""
        values = {item.name: plain(getattr(self, item.name)) for item in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if value not in (None, "", [], {})}


@dataclass(frozen=True)
class CorpusFacts(Part):
    """The text that a model learned from."""

    name: str = ""
    file: str = ""  # how its file or folder is usually called
    url: str = ""
    sha256: str = ""  # of the file's bytes, or of a folder's `sha256sum *.txt`
    status: str = ""  # under which terms the text may be used
    bytes: int | None = None


@dataclass(frozen=True)
class SplitFacts(Part):
    """Which parts of the text were learned and which validate, in words and in tokens."""

    train: str = ""
    validation: str = ""
    train_tokens: int | None = None
    validation_tokens: int | None = None


@dataclass(frozen=True)
class PublishedFacts(Part):
    """What the author of the network reports of its own training."""

    train_loss: float | None = None  # nats per token at the end
    source: str = ""


@dataclass(frozen=True)
class TrainingFacts(Part):
    """How long the training took, on what."""

    steps: int | None = None
    tokens: int | None = None  # learned from, over all passes
    kept_step: int | None = None  # whose weights these are
    seconds: float | None = None
    machine: str = ""
    precision: str = ""


@dataclass(frozen=True)
class RecipeFacts(Part):
    """The recipe that a model was trained by; `values` has all of it, for `training.recipe`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    target_note: str = ""  # where the loss to reach comes from
    keep: str = ""  # whose weights were kept: those with the "best" validation loss, or the "last"
    window: int | None = None  # tokens in which the losses were measured
    temperatures: tuple[float, ...] = ()  # of the samples in the training log

    @classmethod
    def from_json(cls, data: Any) -> Self:
        values = data if isinstance(data, Mapping) else {}
        log = values.get("log")
        found = {**values, **(log if isinstance(log, Mapping) else {}), "values": values}
        return cls(**{name: fitting(kind, found.get(name)) for name, kind in types_of(cls).items()})

    def to_json(self) -> dict[str, Any]:
        return dict(self.values)


@dataclass(frozen=True)
class CalibrationFacts(Part):
    """What temperature scaling did; losses in nats per token, in windows from a zero state."""

    temperature: float | None = None  # the logits were divided by it
    second_half_before: float | None = None
    second_half_after: float | None = None
    whole_before: float | None = None


@dataclass(frozen=True)
class NoveltyFacts(Part):
    """What the index of n-grams beside the weights holds."""

    longest: int | None = None
    distinct: tuple[int, ...] = ()  # n-grams of each length
    false_positives: float | None = None  # share, 0..1
    bytes: int | None = None


@dataclass(frozen=True)
class LossFacts(Part):
    """Nats per token of the weights as stored."""

    unit: str = ""  # "nats per char"
    window: int | None = None
    validation_windows: float | None = None  # each window of `window` tokens from a zero state
    validation_streamed: float | None = None  # state carried
    train_with_dropout: float | None = None
    perplexity: float | None = None  # in windows, of word models
    validation_targets: int | None = None  # predictions scored

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The key of the loss in windows names their size: `validation_windows_256`."""
        known = data if isinstance(data, Mapping) else {}
        sizes = [str(key).removeprefix(WINDOWS) for key in known if str(key).startswith(WINDOWS)]
        window = next((int(size) for size in sizes if size.isdecimal() and len(size) < 9), None)
        loss = {"window": window, "validation_windows": known.get(f"{WINDOWS}{window}")}
        return super().from_json({**known, **loss})

    def to_json(self) -> dict[str, Any]:
        values = super().to_json()
        names = {"validation_windows": f"{WINDOWS}{values.pop('window', None)}"}
        return {names.get(name, name): value for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Part):
    """All that config.json says, in its order."""

    format: int | None = FORMAT
    title: str = ""
    level: str = ""  # what its tokens are: "char" or "word"
    unit: str = ""  # the same, as losses are counted by
    start: str | None = None  # the text that stands for an empty context
    bos: str | None = None  # the token with which every text begins and ends; None = none
    prompt: str | None = None  # a context to show the model with
    architecture: str  # a name in nets.ARCHITECTURES
    sizes: Mapping[str, Any]  # what that architecture's Sizes takes
    corpus: CorpusFacts = CorpusFacts()
    split: SplitFacts = SplitFacts()
    date: str = ""
    seed: int | None = None
    target: float | None = None  # validation nats per token that it was to reach; 0 = none
    published: PublishedFacts = PublishedFacts()
    training: TrainingFacts = TrainingFacts()
    recipe: RecipeFacts = RecipeFacts()
    calibration: CalibrationFacts = CalibrationFacts()
    novelty: NoveltyFacts = NoveltyFacts()
    losses: LossFacts = LossFacts()
    parameters: int | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The facts of a model folder. Raises ModelError where there is no JSON object to be read."""
        path = folder / FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(data, dict):
                raise ValueError("it is not a JSON object")
        except (OSError, ValueError, RecursionError) as error:
            raise foreign(folder, f"{FILE} cannot be read ({error})") from error
        return cls.from_json(data)

    def write(self, folder: Path) -> None:
        """Write the file. Raises OSError."""
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8")


@cache
def types_of(kind: type) -> dict[str, Any]:
    """The type of each field."""
    return get_type_hints(kind)


def fitting(kind: Any, value: Any) -> Any:
    """The value if it is of this type, else what stands for none."""
    if is_dataclass(kind):
        return kind.from_json(value)  # type: ignore[attr-defined]
    return READERS[kind](value)


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def number(value: Any) -> Any:
    """A number as it is, None for anything else."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if known and abs(value) < LARGEST else None  # NaN is not below


def whole_number(value: Any) -> int | None:
    return whole(number(value))


def listed(value: Any) -> tuple[Any, ...]:
    """A list of numbers as it is, none for anything else."""
    known = isinstance(value, (list, tuple)) and all(number(item) is not None for item in value)
    return tuple(value) if known else ()


READERS: Mapping[Any, Callable[[Any], Any]] = {
    str: lambda value: text(value) or "",
    str | None: text,
    int | None: whole_number,
    float | None: number,
    tuple[int, ...]: listed,
    tuple[float, ...]: listed,
    Mapping[str, Any]: lambda value: dict(value) if isinstance(value, Mapping) else {},
}


def plain(value: Any) -> Any:
    """A field's value as JSON holds it."""
    if isinstance(value, Part):
        return value.to_json()
    return list(value) if isinstance(value, tuple) else value


def foreign(folder: Path, reason: str) -> ModelError:
    """The error for a folder that holds no model of ours."""
    return ModelError(f"{folder} is not a usable model folder: {reason}; train or copy the model again")
