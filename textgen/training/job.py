"""What a run is started with, checked before the first step; what it keeps on its way."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from textgen.errors import TextgenError, out_of_range, shorten
from textgen.text.tokenizer import TextTokenizer
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.options import TrainOptions, check_name, is_leader
from textgen.training.own_text import own_recipe
from textgen.training.reading import files_of
from textgen.training.recipe import Recipe, make_recipe, read_recipe
from textgen.training.sampling import start_ids

RECIPE = "recipe.json"
CHECKPOINTS = 200_000_000  # bytes that those of the largest bundled recipe take, and a little more
SEEN = 1_000_000  # tokens among which the most frequent one is looked for


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

    def tell(self, line: str) -> None:
        """One line to whoever watches."""
        if self.options.tell:
            self.options.tell(line)


def prepare(recipe: str | Path | None, corpus: Path, options: TrainOptions) -> Job:
    """Check all that can be checked before the first step; without a recipe, make one for the text."""
    values = read_recipe(recipe, options.all_overrides()) if recipe else own(corpus, options)
    name = check_name(options.name or values.name)
    folder = options.runs / name
    check_free(options, name)
    check_room(corpus, options)
    opened = open_corpus(corpus, values, folder)
    values = replace(values, start=values.start or usual_start(opened))
    start_ids(opened.tokenizer, values.start)
    check_same_recipe(folder, values)
    return Job(name, values, opened, options)


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
    return make_recipe(own_recipe(corpus, options.level, name), options.all_overrides())


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
    begun = saved(options.runs / name)
    if begun and options.restart:
        shutil.rmtree(options.runs / name)
    elif begun and not options.resume and is_leader():
        raise TextgenError(
            f"{options.runs / name} holds a run at step {step_of(begun[-1])}; --resume goes on from there, "
            "--restart throws it away"
        )


def check_same_recipe(folder: Path, recipe: Recipe) -> None:
    """A run goes on with the recipe it began with. Raises TextgenError where they differ."""
    values, path = recipe.to_dict(), folder / RECIPE
    if saved(folder) and path.is_file():
        begun = json.loads(path.read_text(encoding="utf-8"))
        if differing := [key for key in values if begun.get(key) != values[key]]:
            key = differing[0]
            raise TextgenError(
                f"{folder} was begun with another {key}: {shorten(begun.get(key))}, "
                f"now {shorten(values[key])}; --restart begins anew, --name takes another name"
            )
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def saved(folder: Path) -> list[Path]:
    """A run's checkpoints, in the order of their steps."""
    return sorted(folder.glob("*.ckpt"), key=step_of)


def step_of(checkpoint: Path) -> int:
    found = re.search(r"step=(\d+)", checkpoint.name)
    return int(found[1]) if found else -1
