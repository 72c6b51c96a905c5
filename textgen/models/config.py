"""config.json of a model folder: what the net is, and how, when and from which text it came about.

What a net needs to run (format, architecture, sizes, bos) is checked when it is loaded. All else only
describes it and may be written by anybody: a fact that is missing or not of its type is None or empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from textgen.models.reading import read_object
from textgen.units import bits_per_character
from textgen.validation import Checked, whole

FILE = "config.json"
FORMAT = 1
MAX_BYTES = 1_000_000
PER_CHARACTER = "nats per char"  # the unit of a character model's losses
WINDOWS = "validation_windows_"  # then the number of tokens
LONGEST_WINDOW = 1_000_000  # tokens
LARGEST = 2**63  # below it: what a seed may be at most


def words(_name: str, value: Any) -> str:
    """A text as it is, an empty one for anything else."""
    return value if isinstance(value, str) else ""


def words_or_none(_name: str, value: Any) -> str | None:
    """A text as it is, None for anything else."""
    return value if isinstance(value, str) else None


def number(_name: str, value: Any) -> Any:
    """A number as it is, None for anything else."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if known and abs(value) < LARGEST else None  # NaN is not below


def count(name: str, value: Any) -> int | None:
    """A whole number, None for anything else."""
    return whole(number(name, value))


def numbers(name: str, value: Any) -> tuple[Any, ...]:
    """A list of numbers as it is, none for anything else."""
    known = isinstance(value, (list, tuple)) and all(number(name, item) is not None for item in value)
    return tuple(value) if known else ()


def texts(_name: str, value: Any) -> tuple[str, ...]:
    """A list of texts as it is, none for anything else."""
    known = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    return tuple(value) if known else ()


def mapping(_name: str, value: Any) -> dict[str, Any]:
    """A JSON object, an empty one for anything else."""
    return dict(value) if isinstance(value, Mapping) else {}


Words = Annotated[str, words]
WordsOrNone = Annotated[str | None, words_or_none]
Number = Annotated[float | None, number]
Count = Annotated[int | None, count]
Object = Annotated[Mapping[str, Any], mapping]


class Part(Checked):
    """A JSON object that somebody may have written by hand: what is not of its type counts as missing."""

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Whatever `data` has of the fields; what is missing or not of its type is None or empty."""
        known = data if isinstance(data, Mapping) else {}
        return cls.from_fields({name: known.get(name) for name in cls.field_names()})

    def to_json(self) -> dict[str, Any]:
        """Plain values, without what is None or empty."""
        return {name: value for name, value in super().to_json().items() if value not in (None, "", [], {})}


@dataclass(frozen=True)
class CorpusFacts(Part):
    """The text that a model learned from."""

    name: Words = ""
    file: Words = ""  # how its file or folder is usually called
    url: Words = ""
    sha256: Words = ""  # of the file's bytes, or of a folder's `sha256sum *.txt`
    status: Words = ""  # under which terms the text may be used
    bytes: Count = None


@dataclass(frozen=True)
class SplitFacts(Part):
    """Which parts of the text were learned and which validate, in words and in tokens."""

    train: Words = ""
    validation: Words = ""
    train_tokens: Count = None
    validation_tokens: Count = None


@dataclass(frozen=True)
class PublishedFacts(Part):
    """What the author of the network reports of its own training."""

    train_loss: Number = None  # nats per token at the end
    source: Words = ""


@dataclass(frozen=True)
class TrainingFacts(Part):
    """How long the training took, on what."""

    steps: Count = None
    tokens: Count = None  # learned from, over all passes
    kept_step: Count = None  # whose weights these are
    seconds: Number = None
    machine: Words = ""
    precision: Words = ""


@dataclass(frozen=True)
class RecipeFacts(Part):
    """The recipe that a model was trained by; `values` has all of it, for `training.recipe`."""

    values: Object = field(default_factory=dict)
    name: Words = ""
    target_note: Words = ""  # where the loss to reach comes from
    keep: Words = ""  # whose weights were kept: those with the "best" validation loss, or the "last"
    window: Count = None  # tokens in which the losses were measured
    temperatures: Annotated[tuple[float, ...], numbers] = ()  # of the samples in the training log

    @classmethod
    def from_json(cls, data: Any) -> Self:
        values = data if isinstance(data, Mapping) else {}
        log = values.get("log")
        flat = {**values, **(log if isinstance(log, Mapping) else {}), "values": values}
        if not 1 <= (count("window", flat.get("window")) or 0) <= LONGEST_WINDOW:
            flat.pop("window", None)
        return super().from_json(flat)

    def to_json(self) -> dict[str, Any]:
        return dict(self.values)


@dataclass(frozen=True)
class CalibrationFacts(Part):
    """What temperature scaling did; losses in nats per token, in windows from a zero state."""

    temperature: Number = None  # the logits were divided by it
    second_half_before: Number = None
    second_half_after: Number = None
    whole_before: Number = None


@dataclass(frozen=True)
class NoveltyFacts(Part):
    """What the index of n-grams beside the weights holds."""

    longest: Count = None
    distinct: Annotated[tuple[int, ...], numbers] = ()  # n-grams of each length
    false_positives: Number = None  # share, 0..1
    bytes: Count = None


@dataclass(frozen=True)
class LossFacts(Part):
    """Nats per token of the weights as stored."""

    unit: Words = ""  # "nats per char"
    window: Count = None
    validation_windows: Number = None  # each window of `window` tokens from a zero state
    validation_streamed: Number = None  # state carried
    train_with_dropout: Number = None
    perplexity: Number = None  # in windows, of word models
    unknown: Number = None  # share of `<unk>` among the words that validate, 0..1
    validation_targets: Count = None  # predictions scored
    validation_characters: Count = None  # that the scored tokens write

    @property
    def validation(self) -> float | None:
        """On text it did not learn from: in windows, else streamed."""
        return self.validation_streamed if self.validation_windows is None else self.validation_windows

    def bits_per_character(self, nats: float | None) -> float | None:
        """A loss in nats per token on the one scale of all levels; None where it cannot be known."""
        characters = self.characters_per_token
        return None if nats is None or characters is None else bits_per_character(nats, characters)

    @property
    def characters_per_token(self) -> float | None:
        """Of the text that validates; None where it cannot be known."""
        if self.unit == PER_CHARACTER:
            return 1.0
        if not self.validation_targets or not self.validation_characters:
            return None
        return self.validation_characters / self.validation_targets

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

    format: Count = FORMAT
    title: Words = ""
    level: Words = ""  # what its tokens are: "char", "word" or "subword"
    unit: Words = ""  # the same, as losses are counted by
    start: WordsOrNone = None  # the text that stands for an empty context
    bos: WordsOrNone = None  # the token with which every text begins and ends; None = none
    stops: Annotated[tuple[str, ...], texts] = ()  # the tokens that end a text, where they are not bos
    prompt: WordsOrNone = None  # a context to show the model with
    architecture: Words  # a name in nets.ARCHITECTURES
    sizes: Object  # what that architecture's Sizes takes
    corpus: CorpusFacts = CorpusFacts()
    split: SplitFacts = SplitFacts()
    date: Words = ""
    seed: Count = None
    target: Number = None  # validation nats per token that it was to reach; 0 = none
    published: PublishedFacts = PublishedFacts()
    training: TrainingFacts = TrainingFacts()
    recipe: RecipeFacts = RecipeFacts()
    calibration: CalibrationFacts = CalibrationFacts()
    novelty: NoveltyFacts = NoveltyFacts()
    losses: LossFacts = LossFacts()
    parameters: Count = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The facts of a model folder. Raises ModelError where there is no JSON object to be read."""
        return cls.from_json(read_object(folder / FILE, MAX_BYTES))

    def write(self, folder: Path) -> None:
        """Write the file. Raises OSError."""
        (folder / FILE).write_text(self.to_text(), encoding="utf-8")

    def to_text(self) -> str:
        """What the file says."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"
