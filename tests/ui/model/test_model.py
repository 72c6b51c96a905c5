"""The Model tab's facts: what a page that asks gets, and what a stranger gets who sends anything."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import save_tiny_model
from tests.ui.model.model_folders import README, three_models, write_log
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.ui.model.tab import MAX_README, NO_LOG, NO_MODEL, Room
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.sidebar.model_choice import NUMBERS

FIRST = "shakespeare-char-lstm"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of models that a test may change."""
    return three_models(tmp_path)


def show(registry: Registry, model: Any) -> dict[str, Any]:
    """What travels to the page."""
    return json.loads(json.dumps(Room(Laboratory(registry)).facts({"model": model}), allow_nan=False))


def test_all_that_the_page_needs_comes_at_once(models: Registry) -> None:
    view = show(models, FIRST)
    assert view["title"] == "Plays, characters"
    assert view["line"].endswith("characters · 1.42 nats · 2.05 bits/character")
    assert "Had to beat" in [tile["label"] for tile in view["tiles"]]
    assert view["readme"] == README
    assert view["note"] == ""


def test_every_moment_with_its_losses_and_texts(models: Registry) -> None:
    past = show(models, FIRST)["history"]
    assert past["steps"] == [0, 10, 20, 40]
    assert past["train"] == [None, 2.9, 2.5, 2.1]
    assert past["kept"] == 2
    assert past["bits"] == pytest.approx(1.4427, abs=1e-4)  # of a nat: a token is a character
    titles = [(column["title"], column["temperature"]) for column in past["columns"]]
    assert titles == [("T = 0.5", 0.5), ("T = 1", 1.0), ("Beam search, k = 3", None)]
    assert past["columns"][1]["texts"][-1] == "<b>thy king</b>"
    kept = past["figure"]["data"][3]
    assert (kept["x"], kept["y"]) == ([1280], [2.6])


def test_typed_in_numbers_are_no_model(models: Registry) -> None:
    with pytest.raises(TextgenError, match=NO_MODEL):
        show(models, NUMBERS)


@pytest.mark.parametrize("model", ["../names", None, 7, [], {"a": 1}, "<b>x</b>", float("nan")])
def test_a_hostile_model_is_a_sentence(models: Registry, model: Any) -> None:
    with pytest.raises(TextgenError, match="there is no model"):
        show(models, model)


def test_a_foreign_folder_shows_what_it_has(root: Path) -> None:
    save_tiny_model(root / "bare", "\n abc")
    view = show(Registry(root), "bare")
    assert view["title"] == "bare"
    assert view["readme"] == ""
    assert view["history"] is None
    assert view["note"] == NO_LOG
    assert [tile["label"] for tile in view["tiles"]] == ["Network", "Parameters", "Vocabulary", "Text"]


def as_link(path: Path) -> None:
    secret = path.parent.parent / "secret.txt"
    secret.write_text("secret")
    path.symlink_to(secret)


@pytest.mark.parametrize(
    "make",
    [
        as_link,
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("README.md"),
    ],
)
def test_a_readme_that_is_no_file_of_the_folder_is_not_there(
    root: Path, make: Callable[[Path], None]
) -> None:
    readme = root / FIRST / "README.md"
    readme.unlink()
    make(readme)
    assert show(Registry(root), FIRST)["readme"] == ""


def test_a_long_or_garbled_readme_is_text_up_to_a_bound(root: Path) -> None:
    (root / FIRST / "README.md").write_bytes(b"# A\n" + b"\xff\x00" + b"x" * 2 * MAX_README)
    text = show(Registry(root), FIRST)["readme"]
    assert text.startswith("# A\n")
    assert len(text) <= MAX_README


def test_a_folder_that_cannot_be_read_is_a_sentence(root: Path) -> None:
    (root / "names" / "config.json").write_text("{")
    with pytest.raises(TextgenError, match="train or copy the model again"):
        show(Registry(root), "names")


def test_a_log_without_texts_still_has_curves(root: Path) -> None:
    write_log(root / "names", ["step", "validation_loss"], [["1", "2.0"], ["2", "1.0"]])
    past = show(Registry(root), "names")["history"]
    assert past["columns"] == []
    assert past["tokens"] == [1, 2]
