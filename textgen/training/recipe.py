"""A recipe says how a checkpoint is made: frozen and checked. recipe_file.py reads it from TOML."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from textgen.errors import out_of_range
from textgen.settings import check_seed, check_whole, finite


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
    file: str = ""  # how its file is usually called
    url: str = ""  # where it was published
    sha256: str = ""  # of the file's bytes; "" takes any text
    status: str = ""  # under which terms the text may be used


@dataclass(frozen=True, slots=True)
class SplitRecipe:
    """The first `train` of the tokens (0..1) are learned, the rest validates."""

    train: float = 0.9

    def __post_init__(self) -> None:
        check_number("split.train", self.train, 0.5, 0.99)


@dataclass(frozen=True, slots=True)
class NetRecipe:
    """What `nets.base.build` needs, without the vocabulary, which comes from the text."""

    architecture: str = "lstm"
    sizes: dict[str, int] = field(default_factory=dict)
    dropout: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchRecipe:
    """Truncated backpropagation: `streams` places in the text are read on, `length` tokens a step.

    The state is carried from step to step, except that a random `reset` (0..1) of the steps start
    from zeros, as every new text will.
    """

    streams: int = 32
    length: int = 128
    reset: float = 0.02

    def __post_init__(self) -> None:
        check_whole("batches.streams", self.streams, 1, 65_536, "32 is usual")
        check_whole("batches.length", self.length, 1, 65_536, "128 is usual")
        check_number("batches.reset", self.reset, 0, 1)


@dataclass(frozen=True, slots=True)
class OptimiserRecipe:
    """AdamW (Loshchilov & Hutter 2019) and the clipping of the gradient's norm."""

    name: str = "adamw"
    rate: float = 2e-3  # the highest learning rate
    weight_decay: float = 0.1  # of matrices; biases do not decay
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0  # largest norm of the gradient

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        check_number("optimiser.rate", self.rate, 1e-8, 10)
        check_number("optimiser.weight_decay", self.weight_decay, 0, 100)
        check_number("optimiser.clip", self.clip, 1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class ScheduleRecipe:
    """How long, and the learning rate on the way: a linear warm-up, then `name` down to `floor`."""

    name: str = "cosine"
    steps: int = 4000
    warmup: int = 200
    floor: float = 0.03  # last learning rate as a share of the highest, 0..1

    def __post_init__(self) -> None:
        check_whole("schedule.steps", self.steps, 1, 10**9, "a few thousand are usual")
        check_whole("schedule.warmup", self.warmup, 0, 10**9, "0 turns it off")
        check_number("schedule.floor", self.floor, 0, 1)


@dataclass(frozen=True, slots=True)
class LogRecipe:
    """What is measured and written down on the way, every `every` steps; checkpoints likewise."""

    every: int = 250
    window: int = 256  # tokens scored from a zero state
    temperatures: tuple[float, ...] = (0.2, 0.5, 1.0, 1.2)
    sample: int = 300  # tokens a sample

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperatures", tuple(self.temperatures))
        check_whole("log.every", self.every, 1, 10**9, "250 is usual")
        check_whole("log.window", self.window, 1, 10**6, "256 compares with nanoGPT")
        check_whole("log.sample", self.sample, 0, 10**5, "0 writes no samples")


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides how a model turns out, besides the machine."""

    name: str
    title: str = ""
    level: str = "char"
    start: str = "\n"  # the text that stands for an empty context
    seed: int = 1337
    target: float = 0.0  # validation nats per token to reach in windows; 0 = none
    target_note: str = ""  # where the target comes from
    averaging: float = 0.0  # decay per step of the running average of the weights; 0 turns it off
    calibrate: bool = False  # at the end, make T = 1 the best temperature for new text
    corpus: CorpusRecipe = CorpusRecipe()
    split: SplitRecipe = SplitRecipe()
    net: NetRecipe = NetRecipe()
    batches: BatchRecipe = BatchRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    log: LogRecipe = LogRecipe()

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_number("averaging", self.averaging, 0, 0.999999)
        if self.level != "char":
            raise out_of_range("level", "'char'", self.level, "other levels are not there yet")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON and TOML know them."""
        return asdict(
            self, dict_factory=lambda pairs: {k: list(v) if isinstance(v, tuple) else v for k, v in pairs}
        )
