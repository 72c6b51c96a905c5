"""A training run before its first step: what it is started with, checked, and the folder that it keeps."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from textgen.errors import TextgenError, out_of_range, shorten
from textgen.models.registry import default_root
from textgen.text.tokenizer import TextTokenizer
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.reading import files_of, letters_a_space
from textgen.training.recipe import Recipe, make_recipe, own_recipe, read_recipe
from textgen.training.sampling import start_ids

RECIPE = "recipe.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CHECKPOINTS = 200_000_000  # bytes that those of the largest bundled recipe take, and a little more
UNSPACED = 15  # letters a space: no language that puts spaces between words has so many
SEEN = 1_000_000  # tokens among which the most frequent one is looked for


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Where a run reads and writes, on what it runs, and how it reports its progress."""

    name: str | None = None  # of the model; None = the recipe's
    level: str = "char"  # "char" or "word", of a text without a recipe
    models: Path = field(default_factory=default_root)  # the finished folder appears here
    runs: Path = Path("runs")  # checkpoints of the run, at runs/NAME
    resume: bool = False  # go on from the run's last checkpoint
    restart: bool = False  # throw away the run's checkpoints
    replace: bool = False  # the model folder may exist already
    encoding: str | None = None  # of the text; None = the recipe's
    seed: int | None = None  # None = the recipe's
    max_steps: int | None = None  # None = the recipe's; the schedule shrinks with it
    overrides: tuple[str, ...] = ()  # "section.key=value", over the recipe's values
    accelerator: str = "auto"  # these four go to Lightning's Trainer as they are
    devices: str | int = "auto"
    strategy: str = "auto"
    precision: str = "auto"  # "auto" = bf16 autocast where the machine has it
    report: Callable[[str], None] | None = to_stderr  # one line of progress; None = silent
    pause: float = 10.0  # seconds between two lines of progress
    clock: Callable[[], float] = time.monotonic  # seconds
    today: Callable[[], date] = date.today

    def all_overrides(self) -> list[str]:
        """The overrides, those with an option of their own last."""
        own = {"text.encoding": self.encoding, "seed": self.seed, "schedule.steps": self.max_steps}
        return [*self.overrides, *(f"{key}={value}" for key, value in own.items() if value is not None)]

    def lightning_precision(self) -> str:
        """What Lightning's Trainer takes: bf16 autocast (float32 weights) if the machine computes in bf16."""
        if self.precision != "auto":
            return self.precision
        cuda = self.accelerator in {"auto", "gpu", "cuda"} and torch.cuda.is_available()
        able = torch.cuda.is_bf16_supported(including_emulation=False) if cuda else cpu_has_bf16()
        return "bf16-mixed" if able else "32-true"


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AVX512-BF16, AMX); emulated it is slower."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@dataclass(frozen=True, slots=True)
class Job:
    """All that a run was started with, checked."""

    name: str
    recipe: Recipe
    corpus: Corpus
    options: TrainOptions

    @property
    def folder(self) -> Path:
        """What the run keeps on its way: checkpoints, encoded text, log so far."""
        return self.options.runs / self.name

    @property
    def target(self) -> Path:
        return self.options.models / self.name

    def report(self, line: str) -> None:
        """One line to whoever watches."""
        if self.options.report:
            self.options.report(line)


def prepare(recipe: str | Path | None, corpus: Path, options: TrainOptions) -> Job:
    """Check all that can be checked before the first step; without a recipe, make one for the text."""
    values = read_recipe(recipe, options.all_overrides()) if recipe else own(corpus, options)
    values.net.check()
    name = check_name(options.name or values.name)
    folder = options.runs / name
    check_free(options, name)
    check_room(corpus, options)
    opened = open_corpus(corpus, values, folder)
    values = replace(values, start=values.start or usual_start(opened))
    start_ids(opened.tokenizer, values.start)
    check_same_recipe(folder, values)
    job = Job(name, values, opened, options)
    for line in remarks(job, corpus):
        job.report(line)
    return job


def remarks(job: Job, corpus: Path) -> list[str]:
    """What the user should know of how the text is read."""
    lines = [f"{corpus.name}: {', '.join(job.corpus.changes)}"] if job.corpus.changes else []
    unknown = job.corpus.unknown_share()
    if unknown is None:
        return lines
    if (letters := letters_a_space(corpus, job.recipe.text)) > UNSPACED:
        lines.append(
            f"{corpus.name} has hardly any spaces between its words, one for {letters:.0f} letters: cut at "
            "spaces, most of them are too rare to learn; --level char reads it character by character"
        )
    return [*lines, f"{unknown:.1%} of the words that validate are too rare: <unk>"]


def usual_start(corpus: Corpus) -> str:
    """A line break where the text has any, else its most frequent token."""
    texts = corpus.tokenizer.texts
    if "\n" in texts:
        return "\n"
    counts = np.bincount(corpus.train.ids[:SEEN], minlength=len(texts))
    counts[corpus.tokenizer.unknown_id or 0] -= corpus.tokenizer.unknown_id is not None and SEEN
    return texts[int(counts.argmax())]


def own(corpus: Path, options: TrainOptions) -> Recipe:
    """A recipe for a text of one's own. Raises TextgenError for a wrong name, level or value."""
    name = check_name(options.name or corpus.stem)
    size = sum(file.stat().st_size for file in files_of(corpus))
    return make_recipe(own_recipe(size, options.level, name), options.all_overrides())


def check_name(name: str) -> str:
    """A name that is one folder on every system. Raises TextgenError."""
    if not NAME.fullmatch(name) or name.endswith("."):
        raise TextgenError(
            f"a model's name must be 1 to 64 letters, digits, '.', '_' or '-', got {shorten(name)!r}; "
            "for example my-model"
        )
    return name


def is_leader() -> bool:
    """Whether this is the first of the run's processes; Lightning numbers the others it starts."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0 and int(os.environ.get("NODE_RANK", "0")) == 0


def check_room(corpus: Path, options: TrainOptions) -> None:
    """Raises TextgenError where the encoded text and a few checkpoints would not fit on the disk."""
    place = next(folder for folder in (options.runs, *options.runs.absolute().parents) if folder.exists())
    needed = CHECKPOINTS + 6 * sum(file.stat().st_size for file in files_of(corpus))
    if (free := shutil.disk_usage(place).free) < needed:
        raise TextgenError(
            f"{place} must have {needed / 1e6:,.0f} MB free for checkpoints and the encoded text, got "
            f"{free / 1e6:,.0f} MB; make room, or put them elsewhere with --runs"
        )


def bos_of(recipe: Recipe, tokenizer: TextTokenizer) -> int | None:
    """The id of the token with which texts begin and end; None for none. Raises SettingError."""
    if not recipe.bos:
        return None
    if recipe.bos not in tokenizer.texts:
        raise out_of_range("bos", "a token of the text", recipe.bos, "a line break, \\n, is usual")
    return tokenizer.texts.index(recipe.bos)


def validation_documents(recipe: Recipe, corpus: Corpus) -> list[Tensor]:
    """(N,) ids of each document that validates."""
    documents = corpus.validation.documents(bos_of(recipe, corpus.tokenizer))
    return [torch.from_numpy(document.astype("int64")) for document in documents]


def check_free(options: TrainOptions, name: str) -> None:
    """Nothing that took work to make is thrown away unasked. Raises TextgenError."""
    folder = options.models / name
    if folder.exists() and not options.replace:
        raise TextgenError(f"{folder} exists; --replace replaces it at the end, --name takes another name")
    earlier = saved(options.runs / name)
    if earlier and options.restart:
        shutil.rmtree(options.runs / name)
    elif earlier and not options.resume and is_leader():
        raise TextgenError(
            f"{options.runs / name} holds a run at step {step_of(earlier[-1])}; --resume goes on from there, "
            "--restart throws it away"
        )


def check_same_recipe(folder: Path, recipe: Recipe) -> None:
    """A run goes on with the recipe it began with. Raises TextgenError where they differ."""
    values, path = recipe.to_json(), folder / RECIPE
    if saved(folder) and path.is_file():
        first = json.loads(path.read_text(encoding="utf-8"))
        if differing := [key for key in values if first.get(key) != values[key]]:
            key = differing[0]
            raise TextgenError(
                f"{folder} was begun with another {key}: {shorten(first.get(key))}, "
                f"now {shorten(values[key])}; --restart begins anew, --name takes another name"
            )
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def saved(folder: Path) -> list[Path]:
    """A run's checkpoints, in the order of their steps."""
    return sorted(folder.glob("*.ckpt"), key=step_of)


def step_of(checkpoint: Path) -> int:
    match = re.search(r"step=(\d+)", checkpoint.name)
    return int(match[1]) if match else -1
