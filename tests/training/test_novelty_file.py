"""The index covers what was learned and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.training.corpus import open_corpus
from textgen.training.package import write_ngrams
from textgen.training.recipe import Recipe, SplitRecipe


@pytest.mark.parametrize("level", ["char", "word"])
def test_learned_part_is_known_and_the_rest_is_new(level: str, tmp_path: Path) -> None:
    learned, rest = ([f"{letter}{i} said," for i in range(100)] for letter in "nm")
    path = tmp_path / "text.txt"
    path.write_text(" ".join(learned + rest), encoding="utf-8")
    write_ngrams(tmp_path, open_corpus(path, Recipe("r", level=level, split=SplitRecipe(0.5)), tmp_path))
    index = NoveltyIndex.load(tmp_path / FILE)
    assert index.novelty(" ".join(learned[:95]), 4).share == 0
    assert index.novelty(" ".join(rest[5:]), 4).share > 0.9
