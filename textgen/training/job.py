"""What a run is started with, checked before the first step; what it keeps on its way."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from textgen.errors import TextgenError, out_of_range, shorten
from textgen.tokenization import TextTokenizer
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.options import TrainOptions, check_name, is_leader
from textgen.training.recipe import Recipe
from textgen.training.recipe_file import read_recipe
from textgen.training.sampling import start_ids

RECIPE = "recipe.json"


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


def prepare(recipe: str | Path, corpus: Path, options: TrainOptions) -> Job:
    """Check all that can be checked before the first step."""
    values = read_recipe(recipe, options.all_overrides())
    name = check_name(options.name or values.name)
    folder = options.runs / name
    check_free(options, name)
    job = Job(name, values, open_corpus(corpus, values, folder), options)
    start_ids(job.corpus.tokenizer, values.start)
    check_same_recipe(folder, values)
    return job


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
