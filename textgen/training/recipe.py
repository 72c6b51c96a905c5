"""A recipe: all that decides how a model turns out, besides the machine. Frozen, checked, read from TOML.

The bundled ones have names; any other is a file; single values can be replaced, `section.key=value`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from textgen.errors import SettingError, TextgenError, out_of_range, shorten
from textgen.settings import check_seed
from textgen.validation import check_whole, finite

BUNDLED = Path(__file__).resolve().parent / "recipes"
T = TypeVar("T")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises SettingError for anything but one of the choices."""
    if value not in choices:
        raise out_of_range(name, f"one of {', '.join(choices)}", value, f"{choices[0]} is usual")


def check_number(name: str, value: Any, low: float, high: float) -> float:
    """A finite number in [low, high], or a SettingError that names the setting."""
    number = finite(value)
    if number is None or not low <= number <= high:
        raise out_of_range(name, f"in [{low:g}, {high:g}]", value, "the bundled recipes show usual values")
    return number


@dataclass(frozen=True, slots=True)
class CorpusRecipe:
    """The text that the recipe was made for."""

    name: str = ""
    file: str = ""  # how its file or folder is usually called
    url: str = ""  # where it was published
    sha256: str = ""  # of the file's bytes, or of a folder's `sha256sum *.txt`; "" takes any text
    status: str = ""  # under which terms the text may be used


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """What is done to a text before it is read."""

    lower: bool = False  # to lower case
    ascii: bool = False  # drop all characters beyond ASCII
    unwrap: bool = False  # join the lines of a paragraph; a line break is where blank lines were
    min_count: int = 1  # words that the learned part has fewer times become `<unk>`

    def __post_init__(self) -> None:
        check_whole("text.min_count", self.min_count, 1, 10**6, "3 to 5 are usual")


@dataclass(frozen=True, slots=True)
class SplitRecipe:
    """The first `train` (0..1) is learned, the rest validates.

    By "text" of all tokens; by "file" of each file's; by "line" of all lines, shuffled by the seed.
    """

    train: float = 0.9
    by: str = "text"

    def __post_init__(self) -> None:
        check_number("split.train", self.train, 0.5, 0.99)
        check_choice("split.by", self.by, ("text", "file", "line"))


@dataclass(frozen=True, slots=True)
class NetRecipe:
    """What `nets.build` needs, without the vocabulary, which comes from the text."""

    architecture: str = "lstm"
    sizes: dict[str, Any] = field(default_factory=dict)
    dropout: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchRecipe:
    """What a step reads.

    - "streams": truncated backpropagation. `streams` places in the text are read on, `length` tokens a
      step; the state is carried from step to step, except that a random `reset` (0..1) of the steps
      start from zeros, as every new text will.
    - "windows": `streams` windows of `length` tokens, beginning at every `stride`-th token in random
      order; only the token after each is predicted.
    - "lines": `streams` whole lines in random order, each from BOS to the next BOS, cut at `length`.
    """

    kind: str = "streams"
    streams: int = 32
    length: int = 128
    reset: float = 0.02
    stride: int = 1

    def __post_init__(self) -> None:
        check_choice("batches.kind", self.kind, ("streams", "windows", "lines"))
        check_whole("batches.streams", self.streams, 1, 65_536, "32 is usual")
        check_whole("batches.length", self.length, 1, 65_536, "128 is usual")
        check_number("batches.reset", self.reset, 0, 1)
        check_whole("batches.stride", self.stride, 1, 65_536, "1 takes every window")


@dataclass(frozen=True, slots=True)
class OptimiserRecipe:
    """AdamW (Loshchilov & Hutter 2019) or RMSprop (Tieleman & Hinton 2012), with a clipped gradient."""

    name: str = "adamw"
    rate: float = 2e-3  # the highest learning rate
    weight_decay: float = 0.1  # of matrices; biases do not decay
    betas: tuple[float, float] = (0.9, 0.99)  # of AdamW
    alpha: float = 0.9  # of RMSprop: how much of the mean square is kept from step to step
    eps: float = 1e-8
    clip: float = 1.0  # largest norm of the gradient

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        check_choice("optimiser.name", self.name, ("adamw", "rmsprop"))
        check_number("optimiser.rate", self.rate, 1e-8, 10)
        check_number("optimiser.weight_decay", self.weight_decay, 0, 100)
        check_number("optimiser.alpha", self.alpha, 0, 1)
        check_number("optimiser.clip", self.clip, 1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class ScheduleRecipe:
    """How long, and the learning rate on the way.

    "cosine", "linear" and "constant" begin with a linear warm-up; the first two go down to `floor` at the
    last step. "one-cycle" (Smith & Topin 2018) rises from `floor` to the full rate at `peak` of the run and
    falls to `floor`² again. "plateau" multiplies the rate by `factor` after `patience` checks in a row,
    `every` steps apart, in which the training loss has not fallen by the share `threshold`.
    """

    name: str = "cosine"
    steps: int = 4000
    warmup: int = 200
    floor: float = 0.03  # lowest learning rate as a share of the highest, 0..1
    peak: float = 0.3  # of one-cycle, 0..1
    factor: float = 0.5  # these four of plateau
    patience: int = 3
    every: int = 100
    threshold: float = 1e-3
    stop_after: int = 0  # rows of the log without a better validation loss that end the run; 0 = never

    def __post_init__(self) -> None:
        check_choice("schedule.name", self.name, ("cosine", "linear", "constant", "one-cycle", "plateau"))
        check_whole("schedule.steps", self.steps, 1, 10**9, "a few thousand are usual")
        check_whole("schedule.warmup", self.warmup, 0, 10**9, "0 turns it off")
        check_whole("schedule.patience", self.patience, 0, 10**9, "3 is usual")
        check_whole("schedule.every", self.every, 1, 10**9, "100 is usual")
        check_whole("schedule.stop_after", self.stop_after, 0, 10**9, "0 turns it off")
        for name in ("floor", "peak", "factor", "threshold"):
            check_number(f"schedule.{name}", getattr(self, name), 0, 1)


@dataclass(frozen=True, slots=True)
class LogRecipe:
    """What is measured and written down on the way, every `every` steps; checkpoints likewise."""

    every: int = 250
    window: int = 256  # tokens scored from a zero state
    temperatures: tuple[float, ...] = (0.2, 0.5, 1.0, 1.2)
    sample: int = 300  # tokens a sample
    beam: int = 60  # tokens that a beam search (k = 3) writes

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperatures", tuple(self.temperatures))
        check_whole("log.every", self.every, 1, 10**9, "250 is usual")
        check_whole("log.window", self.window, 1, 10**6, "256 compares with nanoGPT")
        check_whole("log.sample", self.sample, 0, 10**5, "0 writes no samples")
        check_whole("log.beam", self.beam, 0, 1000, "0 searches no text")


@dataclass(frozen=True, slots=True)
class PublishedRecipe:
    """What the author of the network reports of its own training."""

    train_loss: float = 0.0  # nats per token at the end; 0 = nothing published
    source: str = ""  # who says so, of which run


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides how a model turns out, besides the machine."""

    name: str
    title: str = ""
    level: str = "char"
    start: str = "\n"  # the text that stands for an empty context; "" takes one that the text has
    bos: str = ""  # the token with which every text begins and ends; "" = none
    prompt: str = ""  # a context to show the model with; "" = none
    seed: int = 1337
    target: float = 0.0  # validation nats per token to reach in windows; 0 = none
    target_note: str = ""  # where the target comes from
    published: PublishedRecipe = PublishedRecipe()
    keep: str = "best"  # whose weights: those with the "best" validation loss, or the "last"
    averaging: float = 0.0  # decay per step of the running average of the weights; 0 turns it off
    calibrate: bool = False  # at the end, make T = 1 the best temperature for new text
    corpus: CorpusRecipe = CorpusRecipe()
    text: TextRecipe = TextRecipe()
    split: SplitRecipe = SplitRecipe()
    net: NetRecipe = NetRecipe()
    batches: BatchRecipe = BatchRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    log: LogRecipe = LogRecipe()

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_number("averaging", self.averaging, 0, 0.999999)
        check_choice("level", self.level, ("char", "word"))
        check_choice("keep", self.keep, ("best", "last"))
        if self.batches.kind == "lines" and not (self.bos and self.split.by == "line"):
            raise SettingError("batches.kind = 'lines' needs bos, a token, and split.by = 'line'")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON and TOML know them."""
        return asdict(
            self, dict_factory=lambda pairs: {k: list(v) if isinstance(v, tuple) else v for k, v in pairs}
        )


def bundled() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def read_recipe(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A bundled recipe by name or any TOML file, with values replaced by `section.key=value`.

    Raises TextgenError for an unknown or unreadable recipe, SettingError for a wrong value.
    """
    path = find(recipe)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TextgenError(f"{path} cannot be read as a recipe ({error}); it must be a TOML file") from error
    values.setdefault("name", path.stem)
    return make_recipe(values, overrides)


def make_recipe(values: dict[str, Any], overrides: Sequence[str] = ()) -> Recipe:
    """A recipe from plain values, some of them replaced. Raises SettingError for a wrong one."""
    for override in overrides:
        put(values, override)
    return from_values(Recipe, values, "")


def find(recipe: str | Path) -> Path:
    """Where a recipe is."""
    if str(recipe) in bundled():
        return BUNDLED / f"{recipe}.toml"
    path = Path(recipe)
    if path.suffix == ".toml" and path.is_file():
        return path
    known = ", ".join(bundled())
    raise TextgenError(f"there is no recipe {shorten(str(recipe))!r}; give a .toml file or one of: {known}")


def put(values: dict[str, Any], override: str) -> None:
    """Write `section.key=value` into nested values; the value is read as TOML, else as text."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise SettingError(f"{shorten(override)} is not an override; write section.key=value")
    *sections, last = key.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SettingError(f"{shorten(override)}: {section} is a value, not a section")
    values[last] = toml_value(text.strip())


def toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def from_values(kind: type[T], values: Mapping[str, Any], section: str) -> T:
    """A section of a recipe from plain values; a key we do not know is refused, not ignored."""
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    if unknown := [key for key in values if key not in known]:
        raise SettingError(f"unknown recipe value {shorten(section + unknown[0])}; known: {', '.join(known)}")
    hints = get_type_hints(kind)
    return kind(**{key: convert(hints[key], value, section + key) for key, value in values.items()})


def convert(kind: Any, value: Any, name: str) -> Any:
    """A value in the type that its field declares, or the sentence that says what was expected."""
    if is_dataclass(kind) and isinstance(kind, type):
        return from_values(kind, expect(dict, value, name), f"{name}.")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (int, float, str, bool):
        return expect(kind, value, name)
    return expect(dict, value, name) if str(kind).startswith("dict") else expect(list, value, name)


def expect(kind: type, value: Any, name: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingError(
            f"{name} must be of type {kind.__name__}, got {shorten(value)}; see the bundled recipes"
        )
    return value
