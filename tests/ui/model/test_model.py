"""The Model tab and the sidebar's choice of a model: their handlers, called as the page calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from tests.conftest import save_tiny_model
from tests.ui.model.model_folders import README, make_model, set_facts, three_models, write_log
from textgen.models.registry import Registry
from textgen.ui.model.tab import NO_LOG, NO_MODEL, ModelTab
from textgen.ui.shell.model_choice import arrived, groups, switched
from textgen.ui.shell.model_facts import FIRST_CONTEXT
from textgen.ui.shell.sidebar import NUMBERS, build_controls

FIRST = "shakespeare-char-lstm"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of models that a test may change."""
    return three_models(tmp_path)


def tab_of(registry: Registry) -> ModelTab:
    with gr.Blocks():
        return ModelTab(registry, build_controls(registry))


def show(registry: Registry, model: Any) -> dict[str, Any]:
    """What the page gets."""
    view = tab_of(registry).show(model)
    json.dumps(view, allow_nan=False)
    return view


# ---- the tab


def test_all_that_the_page_needs_comes_at_once(models: Registry) -> None:
    view = show(models, FIRST)
    assert (view["model"], view["title"]) == (FIRST, "Plays, characters")
    assert view["line"].endswith("characters · 1.42 nats")
    assert "Had to beat" in [tile["label"] for tile in view["tiles"]]
    assert view["readme"] == README
    assert view["note"] == ""


def test_every_moment_with_its_losses_and_texts(models: Registry) -> None:
    past = show(models, FIRST)["history"]
    assert past["steps"] == [0, 10, 20, 40]
    assert past["train"] == [None, 2.9, 2.5, 2.1]
    assert past["kept"] == 2
    titles = [(column["title"], column["temperature"]) for column in past["columns"]]
    assert titles == [("T = 0.5", 0.5), ("T = 1", 1.0), ("Beam search, k = 3", None)]
    assert past["columns"][1]["texts"][-1] == "<b>thy king</b>"
    kept = past["figure"]["data"][3]
    assert (kept["x"], kept["y"]) == ([1280], [2.6])


def test_typed_in_numbers_are_no_model(models: Registry) -> None:
    assert show(models, NUMBERS) == {"model": "", "problem": NO_MODEL}


@pytest.mark.parametrize("model", ["../names", None, 7, [], {"a": 1}, "<b>x</b>", float("nan")])
def test_a_hostile_model_is_a_sentence(models: Registry, model: Any) -> None:
    assert "there is no model" in show(models, model)["problem"]


def test_a_foreign_folder_shows_what_it_has(root: Path) -> None:
    save_tiny_model(root / "bare", "\n abc")
    view = show(Registry(root), "bare")
    assert view["title"] == "bare"
    assert view["readme"] == ""
    assert view["history"] is None
    assert view["note"] == NO_LOG
    assert [tile["label"] for tile in view["tiles"]] == ["Network", "Parameters", "Vocabulary", "Text"]


def test_a_folder_that_cannot_be_read_is_a_sentence(root: Path) -> None:
    (root / "names" / "config.json").write_text("{")
    assert "train or copy the model again" in show(Registry(root), "names")["problem"]


def test_a_log_without_texts_still_has_curves(root: Path) -> None:
    write_log(root / "names", ["step", "validation_loss"], [["1", "2.0"], ["2", "1.0"]])
    past = show(Registry(root), "names")["history"]
    assert past["columns"] == []
    assert past["tokens"] == [1, 2]


# ---- the list


def test_models_are_listed_by_their_text_with_size_level_and_loss(models: Registry) -> None:
    found = groups(models)
    assert [group["label"] for group in found] == ["plays", "names", "no model"]
    assert [model["name"] for model in found[0]["models"]] == [FIRST, "plays-gru"]
    first = found[0]["models"][0]
    assert first["title"] == "Plays, characters"
    assert first["line"].endswith("k · characters · 1.42 nats")
    assert found[-1]["models"][0]["name"] == NUMBERS


def test_a_folder_that_cannot_be_read_keeps_its_place(root: Path) -> None:
    (root / "names" / "config.json").write_text("[")
    (group,) = [group for group in groups(Registry(root)) if group["label"] == "cannot be read"]
    assert group["models"][0]["name"] == "names"


def test_a_page_that_opens_finds_new_folders_and_misses_old_ones(root: Path) -> None:
    registry = Registry(root)
    make_model(root, "own", title="My own")
    value, update = arrived(registry, FIRST)
    assert value == gr.skip()
    assert "My own" in [model["title"] for group in update["groups"] for model in group["models"]]
    assert arrived(registry, "gone")[0] == FIRST
    assert arrived(registry, NUMBERS)[0] == gr.skip()


def test_without_models_the_numbers_are_chosen(tmp_path: Path) -> None:
    with gr.Blocks():
        controls = build_controls(Registry(tmp_path))
    assert controls.model.value == NUMBERS
    assert controls.context.value == FIRST_CONTEXT


def test_the_page_opens_with_the_first_model_and_its_context(root: Path) -> None:
    set_facts(root / FIRST, prompt="ROMEO:")
    with gr.Blocks():
        controls = build_controls(Registry(root))
    assert controls.model.value == FIRST
    assert controls.context.value == controls.given.value == "ROMEO:"


# ---- the context when the model changes


def test_the_pages_own_context_gives_way_to_the_new_models(models: Registry) -> None:
    assert switched(models, "names", FIRST_CONTEXT, FIRST_CONTEXT) == ("mar", "")
    assert switched(models, FIRST, "mar", "mar") == (FIRST_CONTEXT, "")
    assert switched(models, "plays-gru", FIRST_CONTEXT, FIRST_CONTEXT) == (None, "")


def test_what_somebody_typed_stays_and_what_cannot_be_read_is_said(models: Registry) -> None:
    new, note = switched(models, "names", "The dark!", FIRST_CONTEXT)
    assert new is None
    assert note.startswith("“Names” cannot read all of this. Left out")
    assert all(piece in note for piece in ("T", "h", "!"))
    assert switched(models, FIRST, "The king", FIRST_CONTEXT) == (None, "")


def test_an_empty_context_loses_nothing(models: Registry) -> None:
    assert switched(models, "names", "", FIRST_CONTEXT) == (None, "")


def test_typed_in_numbers_leave_the_context_alone(models: Registry) -> None:
    assert switched(models, NUMBERS, FIRST_CONTEXT, FIRST_CONTEXT) == (None, "")


@pytest.mark.parametrize(
    ("model", "context", "sentence"),
    [
        ("../x", "a", "there is no model"),
        (None, "a", "there is no model"),
        (FIRST, 7, "must be a text"),
        (FIRST, "a" * 30_000, "at most 20,000 characters"),
    ],
)
def test_hostile_values_are_sentences(models: Registry, model: Any, context: Any, sentence: str) -> None:
    new, note = switched(models, model, context, None)
    assert new is None
    assert sentence in note


def test_a_damaged_model_says_so_below_the_context(root: Path) -> None:
    (root / "names" / "model.safetensors").write_bytes(b"damaged")
    _, note = switched(Registry(root), "names", "mar", "")
    assert "not a usable model folder" in note
