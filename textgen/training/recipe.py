"""Training recipes: all that decides how a model turns out, besides the machine.

The bundled ones have names, any other is a TOML file, and one for a text of one's own is made from its size.
Single values can be replaced: `section.key=value`. Every value is checked when a recipe is made.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from textgen.errors import SettingError, TextError, TextgenError, out_of_range, shorten
from textgen.models.names import usual_name
from textgen.nets import as_architecture, net_class
from textgen.settings import MAX_BEAM_LENGTH, check_seed
from textgen.stages import TEMPERATURE
from textgen.text.files import check_encoding, read_text
from textgen.text.subwords import LEAST_VOCABULARY
from textgen.validation import (
    Checked,
    as_flag,
    as_object,
    as_text,
    list_of,
    number_in,
    one_of,
    whole_from,
)

BUNDLED = Path(__file__).resolve().parent / "recipes"
LEVELS = ("char", "word", "subword")
MAX_STEPS = 10**9
MAX_FILE = 1_000_000  # bytes of a recipe
SHA256 = re.compile("[0-9a-f]{64}")


def as_sha256(name: str, value: Any) -> str:
    """A checksum in hexadecimal, or nothing."""
    if value == "" or (isinstance(value, str) and SHA256.fullmatch(value)):
        return value
    raise out_of_range(name, "64 digits from 0 to f", value, "an empty one takes any text")


def as_temperature(name: str, value: Any) -> float:
    return float(TEMPERATURE.check(name, value))


def as_seed(_name: str, value: Any) -> int:
    return check_seed(value)


def as_encoding(name: str, value: Any) -> str:
    """The name of an encoding that Python knows."""
    try:
        return check_encoding(value)
    except TextError as error:
        raise SettingError(str(error).replace("encoding", name, 1)) from error


def as_values(name: str, value: Any) -> dict[str, Any]:
    """A table of values that somebody else checks."""
    return dict(as_object(name, value))


Text = Annotated[str, as_text]
Flag = Annotated[bool, as_flag]
Share = Annotated[float, number_in(0, 1, "the bundled recipes show usual values")]
Decay = Annotated[float, number_in(0, 1, "0.9 is usual", below=True)]  # kept of an average from step to step
Nats = Annotated[float, number_in(0, 100, "0 is none")]


@dataclass(frozen=True)
class CorpusRecipe(Checked, section="corpus"):
    """The text that the recipe was made for."""

    name: Text = ""
    file: Text = ""  # how its file or folder is usually called
    url: Text = ""  # where it was published
    sha256: Annotated[str, as_sha256] = ""  # of the file's bytes, or of a folder's `sha256sum *.txt`
    status: Text = ""  # under which terms the text may be used


@dataclass(frozen=True)
class TextRecipe(Checked, section="text"):
    """What is done to a text before it is read."""

    lower: Flag = False  # to lower case
    ascii: Flag = False  # drop all characters beyond ASCII
    unwrap: Flag = False  # join the lines of a paragraph; a line break is where blank lines were
    min_count: Annotated[int, whole_from(1, 10**6, "3 to 5 are usual")] = 1  # rarer words are `<unk>`
    # Of subwords: how many at most, the 256 bytes among them.
    vocabulary: Annotated[int, whole_from(LEAST_VOCABULARY, 1 << 16, "1,000 to 8,000 suit a small text")] = (
        1024
    )
    # of words: "exact" keeps every sign and space, "prose" reads typographic signs as plain ones
    spaces: Annotated[str, one_of(("exact", "prose"), "exact suits any language")] = "exact"
    encoding: Annotated[str, as_encoding] = "utf-8"  # of the file


@dataclass(frozen=True)
class SplitRecipe(Checked, section="split"):
    """Which share of a text is learned; the rest validates.

    By "text" of all tokens; by "file" of each file's; by "line" of all lines, shuffled by the seed.
    """

    train: Annotated[float, number_in(0.5, 0.99, "0.9 is usual")] = 0.9
    by: Annotated[str, one_of(("text", "file", "line"), "text is usual")] = "text"


@dataclass(frozen=True)
class NetRecipe(Checked, section="net"):
    """What `nets.build` needs, without the vocabulary, which comes from the text."""

    architecture: Annotated[str, as_architecture] = "lstm"
    sizes: Annotated[dict[str, Any], as_values] = field(default_factory=dict)
    dropout: Annotated[dict[str, Any], as_values] = field(default_factory=dict)

    def check(self) -> None:
        """Raises SettingError for a size or a rate that the architecture does not take."""
        try:
            net_class(self.architecture).arguments({"vocab_size": 1, **self.sizes}, self.dropout)
        except SettingError as error:  # its sentence begins with the value's name
            raise SettingError(f"{self.prefix}{error}") from error


@dataclass(frozen=True)
class BatchRecipe(Checked, section="batches"):
    """What a step reads.

    - "streams": truncated backpropagation. `streams` places in the text are read on, `length` tokens a
      step; the state is carried from step to step, except that a random `reset` (0..1) of the steps
      start from zeros, as every new text will.
    - "windows": `streams` windows of `length` tokens, beginning at every `stride`-th token in random
      order; only the token after each is predicted.
    - "lines": `streams` whole lines in random order, each from BOS to the next BOS, cut at `length`.
    """

    kind: Annotated[str, one_of(("streams", "windows", "lines"), "streams is usual")] = "streams"
    streams: Annotated[int, whole_from(1, 65_536, "32 is usual")] = 32
    length: Annotated[int, whole_from(1, 65_536, "128 is usual")] = 128
    reset: Share = 0.02
    stride: Annotated[int, whole_from(1, 65_536, "1 takes every window")] = 1


@dataclass(frozen=True)
class OptimiserRecipe(Checked, section="optimiser"):
    """AdamW (Loshchilov & Hutter 2019) or RMSprop (Tieleman & Hinton 2012), with a clipped gradient."""

    name: Annotated[str, one_of(("adamw", "rmsprop"), "adamw is usual")] = "adamw"
    rate: Annotated[float, number_in(1e-8, 10, "0.001 to 0.01 are usual")] = 2e-3  # highest learning rate
    weight_decay: Annotated[float, number_in(0, 100, "0 turns it off")] = 0.1  # of matrices, not of biases
    betas: Annotated[
        tuple[float, float],
        list_of(
            number_in(0, 1, "0.9 and 0.99 are usual", below=True),
            2,
            2,
            hint="AdamW has two, such as [0.9, 0.99]",
        ),
    ] = (0.9, 0.99)
    alpha: Decay = 0.9  # of RMSprop: how much of the mean square is kept from step to step
    eps: Annotated[float, number_in(1e-16, 1, "1e-8 is usual")] = 1e-8
    clip: Annotated[float, number_in(1e-6, 1e6, "1e6 never clips")] = 1.0  # largest norm of the gradient


@dataclass(frozen=True)
class ScheduleRecipe(Checked, section="schedule"):
    """How long, and the learning rate on the way.

    "cosine", "linear" and "constant" begin with a linear warm-up; the first two go down to `floor` at the
    last step. "one-cycle" (Smith & Topin 2018) rises from `floor` to the full rate at `peak` of the run and
    falls to `floor`² again. "plateau" multiplies the rate by `factor` after `patience` checks in a row,
    `every` steps apart, in which the training loss has not fallen by the share `threshold`.
    """

    name: Annotated[
        str, one_of(("cosine", "linear", "constant", "one-cycle", "plateau"), "cosine is usual")
    ] = "cosine"
    steps: Annotated[int, whole_from(1, MAX_STEPS, "a few thousand are usual")] = 4000
    warmup: Annotated[int, whole_from(0, MAX_STEPS, "0 turns it off")] = 200
    floor: Share = 0.03  # lowest learning rate as a share of the highest
    peak: Share = 0.3  # of one-cycle
    factor: Annotated[float, number_in(0, 1, "0.5 is usual", below=True)] = 0.5  # these four of plateau
    patience: Annotated[int, whole_from(0, MAX_STEPS, "3 is usual")] = 3
    every: Annotated[int, whole_from(1, MAX_STEPS, "100 is usual")] = 100
    threshold: Share = 1e-3
    # Rows of the log without a better validation loss that end the run.
    stop_after: Annotated[int, whole_from(0, MAX_STEPS, "0 turns it off")] = 0


@dataclass(frozen=True)
class LogRecipe(Checked, section="log"):
    """What is measured and written down on the way, every `every` steps; checkpoints likewise."""

    every: Annotated[int, whole_from(1, MAX_STEPS, "250 is usual")] = 250
    # Tokens scored from a zero state.
    window: Annotated[int, whole_from(1, 10**6, "256 compares with nanoGPT")] = 256
    temperatures: Annotated[
        tuple[float, ...], list_of(as_temperature, 0, 16, hint="0.2, 0.5, 1 and 1.2 are usual")
    ] = (0.2, 0.5, 1.0, 1.2)
    sample: Annotated[int, whole_from(0, 10**5, "0 writes no samples")] = 300  # tokens a sample
    # Tokens that a beam search (k = 3) writes.
    beam: Annotated[int, whole_from(0, MAX_BEAM_LENGTH, "0 searches no text")] = 60


@dataclass(frozen=True)
class PublishedRecipe(Checked, section="published"):
    """What the author of the network reports of its own training."""

    train_loss: Nats = 0.0  # nats per token at the end; 0 = nothing published
    source: Text = ""  # who says so, of which run


@dataclass(frozen=True)
class Recipe(Checked):
    """All that decides how a model turns out, besides the machine."""

    what = "a recipe"

    name: Text
    title: Text = ""
    level: Annotated[str, one_of(LEVELS, "char is usual")] = "char"
    start: Text = "\n"  # the text that stands for an empty context; "" takes one that the text has
    bos: Text = ""  # the token with which every text begins and ends; "" = none
    prompt: Text = ""  # a context to show the model with; "" = none
    seed: Annotated[int, as_seed] = 1337
    target: Nats = 0.0  # validation nats per token to reach in windows; 0 = none
    target_note: Text = ""  # where the target comes from
    published: PublishedRecipe = PublishedRecipe()
    # Whose weights: those with the "best" validation loss, or the "last".
    keep: Annotated[str, one_of(("best", "last"), "best is usual")] = "best"
    # Decay per step of the running average of the weights.
    averaging: Annotated[float, number_in(0, 0.999999, "0 turns it off")] = 0.0
    calibrate: Flag = False  # at the end, make T = 1 the best temperature for new text
    corpus: CorpusRecipe = CorpusRecipe()
    text: TextRecipe = TextRecipe()
    split: SplitRecipe = SplitRecipe()
    net: NetRecipe = NetRecipe()
    batches: BatchRecipe = BatchRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    log: LogRecipe = LogRecipe()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batches.kind == "lines" and not (self.bos and self.split.by == "line"):
            raise SettingError("batches.kind = 'lines' needs bos, a token, and split.by = 'line'")


def bundled() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def read_recipe(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A bundled recipe by name or any TOML file, with values replaced by `section.key=value`.

    Raises TextgenError for an unknown or unreadable recipe, SettingError for a wrong value.
    """
    path = find(recipe)
    try:
        values = tomllib.loads(read_text(path, MAX_FILE))
    except TextError:
        raise
    except (ValueError, RecursionError) as error:
        raise TextgenError(f"{path} cannot be read as a recipe ({error}); it must be a TOML file") from error
    values.setdefault("name", usual_name(path))
    if any(override.partition("=")[0].strip() == "corpus.sha256" for override in overrides):
        forget_text(values)
    return make_recipe(values, overrides)


def forget_text(values: dict[str, Any]) -> None:
    """Take out what a recipe says of its own text, for another: its name, its losses, its form of words."""
    for key in ("corpus", "title", "prompt", "target", "target_note", "published"):
        values.pop(key, None)
    if isinstance(text := values.get("text"), dict):
        text.pop("spaces", None)


def make_recipe(values: dict[str, Any], overrides: Sequence[str] = ()) -> Recipe:
    """A recipe from plain values, some of them replaced. Raises SettingError for a wrong one."""
    for override in overrides:
        put(values, override)
    return Recipe.from_json(values)


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
    except (ValueError, RecursionError):  # no TOML, thousands of digits, thousands of brackets
        return text


# Per level: bytes of text from which a size is worth its while, hidden width, passes over the text. A
# small text is soon known by heart: a smaller net reads it more often before that.
SIZES: Mapping[str, tuple[tuple[int, int, int], ...]] = MappingProxyType(
    {
        "char": ((0, 128, 60), (100_000, 256, 30), (1_000_000, 512, 15), (10_000_000, 512, 3)),
        "word": ((0, 96, 40), (300_000, 160, 20), (3_000_000, 256, 12), (30_000_000, 400, 3)),
        "subword": ((0, 128, 50), (100_000, 256, 25), (1_000_000, 512, 15), (10_000_000, 512, 3)),
    }
)
BYTES_A_TOKEN: Mapping[str, float] = MappingProxyType({"char": 1.0, "word": 4.5, "subword": 2.5})
DROPOUT: Mapping[str, float] = MappingProxyType(
    {"embedding": 0.1, "between": 0.4, "output": 0.5, "weights": 0.2}
)
ROWS = 25  # of the log
VALIDATED = 200_000  # bytes at most that validate: more take time and say the same
NETS = ("small", "medium", "large")  # the hidden widths of SIZES, from the first


def own_recipe(size: int, level: str, name: str, title: str = "", net: str = "auto") -> dict[str, Any]:
    """The values of a recipe for a text of so many bytes: as long a run as it can feed, and as large a net,
    unless `net` names one. Raises SettingError for a level or a net that there is not.
    """
    one_of(LEVELS, "char is usual")("level", level)
    one_of(("auto", *NETS), "auto fits the text")("net", net)
    _, hidden, passes = max(row for row in SIZES[level] if row[0] <= size)
    if net != "auto":
        hidden = SIZES[level][NETS.index(net)][1]
    streams, length = batch(size / BYTES_A_TOKEN[level])
    steps = max(100, int(0.9 * size / BYTES_A_TOKEN[level] * passes / (streams * length)))
    return {
        "name": name,
        "title": title or name,
        "level": level,
        "start": "",
        "averaging": 0.99,
        "calibrate": True,
        "text": {"word": {"min_count": 2}, "subword": {"vocabulary": subwords_for(size)}}.get(level, {}),
        "split": {"train": round(max(0.9, min(0.99, 1 - VALIDATED / size)), 3) if size else 0.9},
        "net": {
            "architecture": "lstm",
            "sizes": {"embedding": hidden // 2, "hidden": hidden, "layers": 2, "tied": level != "char"},
            "dropout": dict(DROPOUT),
        },
        "batches": {"streams": streams, "length": length, "reset": 0.05},
        "optimiser": {"rate": 3e-3, "clip": 1.0},
        "schedule": {"steps": steps, "warmup": 100, "stop_after": 5},
        "log": {"every": max(20, steps // ROWS), "window": 128 if level == "char" else 64, "sample": 200},
    }


def subwords_for(size: int) -> int:
    """How many subwords suit a text of so many bytes: each is to be learned from many examples."""
    return int(min(max(320, size // 1000), 4096))


def batch(tokens: float) -> tuple[int, int]:
    """Streams and tokens a stream of a step: small steps for a small text, so that there are enough."""
    return (8, 64) if tokens < 50_000 else (16, 64) if tokens < 500_000 else (32, 128)
