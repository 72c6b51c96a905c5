"""A training run before its first step: what it is started with, checked, and the folder that it keeps."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textgen.errors import TextgenError, out_of_range, shorten
from textgen.models.lock import alone
from textgen.models.names import check_name, usual_name
from textgen.models.reading import parse_object
from textgen.models.registry import default_root
from textgen.text.tokenizer import TextTokenizer
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.reading import files_of, letters_a_space
from textgen.training.recipe import (
    Recipe,
    make_recipe,
    own_recipe,
    read_recipe,
)
from textgen.training.sampling import start_ids

RUN, STEPS = "run.json", "schedule.steps"
SHOWN = 20  # characters of a value that differs
Event = Mapping[str, Any]  # what happened, as JSON: {"event": "step", "step": 120, "loss": 2.31, …}
CHECKPOINTS = 200_000_000  # bytes that those of the largest bundled recipe take, and a little more
UNSPACED = 15  # letters a space: no language that puts spaces between words has so many
SEEN = 1_000_000  # tokens among which the most frequent one is looked for


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Where a run reads and writes, on what it runs, and how it reports its progress."""

    name: str | None = None  # of the model; None = the recipe's
    level: str = "char"  # one of recipe.LEVELS, of a text without a recipe
    net: str = "auto"  # one of recipe.NETS, of a text without a recipe; "auto" = to fit the text
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
    tell: Callable[[Event], None] | None = None  # the same for a program that watches: see `Event`
    end_file: Path | None = None  # a file whose appearance ends the run; the best so far is kept
    minutes: float | None = None  # after which the run ends so, too
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
class Plan:
    """What a run is to be, checked without its text; nothing is written yet."""

    name: str
    recipe: Recipe
    corpus: Path
    options: TrainOptions

    @property
    def folder(self) -> Path:
        """What the run keeps on its way: checkpoints, encoded text, log so far."""
        return self.options.runs / self.name

    @property
    def target(self) -> Path:
        return self.options.models / self.name


@dataclass(frozen=True, slots=True)
class Job(Plan):
    """A run that can begin: its text is read."""

    text: Corpus

    def report(self, line: str) -> None:
        """One line to whoever watches."""
        if self.options.report:
            self.options.report(line)

    def tell(self, event: str, **facts: Any) -> None:
        """The same to a program: numbers by name."""
        if self.options.tell and is_leader():
            self.options.tell({"event": event, **facts})


def plan(recipe: str | Path | None, corpus: Path, options: TrainOptions) -> Plan:
    """Check all that needs no reading of the text; without a recipe, make one for it. Raises TextgenError."""
    values = read_recipe(recipe, options.all_overrides()) if recipe else own(corpus, options)
    values.net.check()
    planned = Plan(check_name(options.name or values.name), values, corpus, options)
    check_takes_files(options.models, "--models")
    check_takes_files(options.runs, "--runs")
    check_two_folders(planned)
    check_room(corpus, options)
    return planned


@contextmanager
def claimed(planned: Plan) -> Iterator[None]:
    """No other process trains this name meanwhile, in these folders. Raises TextgenError where one does."""
    with ExitStack() as stack:
        for folder in (planned.folder, planned.target) if is_leader() else ():
            stack.enter_context(only_one(folder))
        yield


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Lock a folder's place, which need not be there. Raises TextgenError."""
    new = [place for place in (folder.parent, *folder.parent.parents) if not place.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock, hint = folder.parent / f".{folder.name}.lock", "wait for it, or choose another --name"
    try:
        with alone(lock, f"{folder}, where a model of this name is trained,", hint):
            yield
    finally:
        for place in new:  # as it was, where nothing came of it
            with suppress(OSError):
                place.rmdir()


def prepare(planned: Plan) -> Job:
    """Read the text, and check all else that can be checked before the first step. Raises TextgenError."""
    values, options, folder = planned.recipe, planned.options, planned.folder
    check_free(planned)
    opened = open_corpus(planned.corpus, values, folder)
    values = replace(values, start=values.start or usual_start(opened))
    start_ids(opened.tokenizer, values.start)
    if options.restart and is_leader():
        throw_away(folder)
    job = Job(planned.name, values, planned.corpus, options, opened)
    check_same_run(job)
    for line in remarks(job):
        job.report(line)
    return job


def throw_away(folder: Path) -> None:
    """Remove what a run has kept, but for encoded texts."""
    for path in folder.iterdir():
        if path.is_file() and not path.name.startswith("corpus-"):
            path.unlink()


def remarks(job: Job) -> list[str]:
    """What the user should know of how the text is read."""
    lines = [f"{job.corpus.name}: {', '.join(job.text.changes)}"] if job.text.changes else []
    unknown = job.text.unknown_share()
    if unknown is None:
        return lines
    if (letters := letters_a_space(job.corpus, job.recipe.text)) > UNSPACED:
        lines.append(
            f"{job.corpus.name} has hardly any spaces between its words, one for {letters:.0f} letters: cut "
            "at spaces, most of them are too rare to learn; --level char reads it character by character"
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
    size = sum(file.stat().st_size for file in files_of(corpus))
    name, stem = check_name(options.name or usual_name(corpus)), corpus.resolve().stem
    title = "" if options.name else shorten(stem)
    values = own_recipe(size, options.level, name, title, options.net)
    return make_recipe(values, options.all_overrides())


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


def scored_characters(recipe: Recipe, corpus: Corpus) -> int:
    """How many characters the scored tokens write: the first of a document without BOS is not scored."""
    part, texts = corpus.validation, corpus.tokenizer.texts
    if recipe.bos:
        return part.characters
    return part.characters - sum(len(texts[document[0]]) for document in part.documents() if len(document))


def check_two_folders(planned: Plan) -> None:
    """Raises TextgenError where the model would take the place of its own checkpoints."""
    if planned.folder.resolve() == planned.target.resolve():
        place = planned.options.runs
        raise TextgenError(
            f"--runs and --models must be two folders, got {place} for both; --runs runs is usual"
        )


def check_free(planned: Plan) -> None:
    """Nothing that took work to make is thrown away unasked. Raises TextgenError."""
    folder, target, options = planned.folder, planned.target, planned.options
    if target.exists() and not options.replace:
        raise TextgenError(f"{target} exists; --replace replaces it at the end, --name takes another name")
    earlier = saved(folder)
    if earlier and not options.resume and not options.restart and is_leader():
        raise TextgenError(
            f"{folder} holds a run at step {step_of(earlier[-1])}; --resume goes on from there, "
            "--restart throws it away"
        )


def check_takes_files(folder: Path, option: str) -> None:
    """Raises TextgenError where a folder cannot be made, or files in it, before any work is done for it."""
    try:
        folder.resolve()
        place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with TemporaryFile(dir=place):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no folder has such a name"
        raise TextgenError(
            f"{shorten(str(folder), 200)} takes no files ({reason}); choose another folder with {option}"
        ) from error


def check_same_run(job: Job) -> None:
    """A run goes on with the text and the recipe that it began with, but for more steps if asked for.

    Writes down what a new one begins with. Raises TextgenError where they differ.
    """
    now, path, earlier = identity(job), job.folder / RUN, saved(job.folder)
    if earlier:
        changed = differences(first_identity(path), now)
        if STEPS in changed and asks_for_steps(job.options):
            check_reached(job, step_of(earlier[-1]))
            job.report(f"the learning rate's schedule is now that of {job.recipe.schedule.steps:,} steps")
            del changed[STEPS]
        if changed:
            what = "; ".join(f"{key}: {was}, now {value}" for key, (was, value) in changed.items())
            raise TextgenError(
                f"{job.folder} was begun with another {what}; --restart begins anew, --name takes another "
                "name"
            )
    if is_leader():
        path.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")


def identity(job: Job) -> dict[str, Any]:
    """What decides the course of a run, besides the machine: by name, `optimiser.rate` say."""
    pieces = job.text.tokenizer.pieces
    text = {
        "text (sha256)": job.text.sha256,
        "text (bytes)": job.text.size,
        "vocabulary (tokens)": len(pieces),
        "vocabulary (sha256)": hashlib.sha256(json.dumps(pieces).encode()).hexdigest(),
    }
    return text | in_recipe(job.recipe)


def in_recipe(recipe: Recipe) -> dict[str, Any]:
    """A recipe's values by name."""
    return dict(by_name(json.loads(json.dumps(recipe.to_json()))))


def by_name(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested values as flat ones."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from by_name(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def first_identity(path: Path) -> Mapping[str, Any]:
    """What a run wrote down when it began. Raises TextgenError where that is not to be read."""
    try:
        return parse_object(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TextgenError(
            f"{path.parent} does not say with which text and recipe its run was begun; --restart begins anew"
        ) from error


def differences(first: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What is not as it was: both values by name. A setting that there was not yet had its usual value."""
    was = {**in_recipe(Recipe(name="")), **first}
    return {
        key: (shorten(was.get(key), SHOWN), shorten(now.get(key), SHOWN))
        for key in {**now, **was}
        if was.get(key) != now.get(key)
    }


def asks_for_steps(options: TrainOptions) -> bool:
    """Whether the run's length was given with the command, and not by the recipe alone."""
    return any(override.partition("=")[0].strip() == STEPS for override in options.all_overrides())


def check_reached(job: Job, reached: int) -> None:
    if job.recipe.schedule.steps < reached:
        raise out_of_range(
            STEPS,
            f"at least {reached:,}, where the run is",
            job.recipe.schedule.steps,
            "--restart begins anew",
        )


def saved(folder: Path) -> list[Path]:
    """A run's checkpoints, in the order of their steps."""
    return sorted(folder.glob("*.ckpt"), key=step_of)


def step_of(checkpoint: Path) -> int:
    match = re.search(r"step=(\d+)", checkpoint.name)
    return int(match[1]) if match else -1
