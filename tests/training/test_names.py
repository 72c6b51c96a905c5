"""A model's name comes from its file's, whatever that is, and `make train` takes the file as it is called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from textgen.errors import TextgenError
from textgen.models.names import NAME, usual_name
from textgen.training.job import TrainOptions, plan
from textgen.training.recipe import read_recipe

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "My Novel (2).txt": "My-Novel-2",
    "Les Misérables.TXT": "Les-Miserables",
    "war_and_peace.txt": "war_and_peace",
    "it's $HOME.txt": "it-s-HOME",
    "-x.txt": "x",
    "..txt": "my-model",
    "小说.txt": "my-model",
    f"{'long ' * 40}.txt": "-".join(["long"] * 13)[:64],
}


@pytest.mark.parametrize(("file", "name"), FILES.items())
def test_a_name_that_fits_every_system(file: str, name: str, tmp_path: Path) -> None:
    assert usual_name(tmp_path / file) == name
    assert NAME.fullmatch(name)


def test_a_text_names_its_model_and_gives_it_its_title(
    tmp_path: Path, options: Callable[..., TrainOptions]
) -> None:
    path = tmp_path / "My Novel (2).txt"
    path.write_text("once upon a time\n" * 20, encoding="utf-8")
    planned = plan(None, path, options())
    assert (planned.name, planned.recipe.title) == ("My-Novel-2", "My Novel (2)")
    with pytest.raises(TextgenError, match=r"got 'my model'; for example my-model"):
        plan(None, path, options(name="my model"))


def test_so_does_a_recipe(recipe_file: Path) -> None:
    other = recipe_file.rename(recipe_file.with_name("my recipe!.toml"))
    assert read_recipe(other).name == "my-recipe"


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("file", ["My Novel (2).txt", 'it\'s "$HOME" `x` #1.txt', "-x.txt", "a;b&c\\d.txt"])
def test_make_train_takes_any_file_name(file: str, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "setup.sh").write_text("exit 0\n")
    stub = tmp_path / "stub.py"
    stub.write_text("import sys; print(sys.argv[1:])")
    command = ["make", "--silent", "-f", str(ROOT / "Makefile"), "train", f"PY={sys.executable} {stub}"]
    assert b"CORPUS=file" in subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stderr
    for more in ([], ["MODEL=my recipe.toml"]):
        call = [*command, f"CORPUS={file}", "ARGS=--level word", *more]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=True)
        model = [value.removeprefix("MODEL=") for value in more]
        assert done.stdout == f"{['-m', 'textgen', 'train', *model, f'--corpus={file}', '--level', 'word']}\n"
