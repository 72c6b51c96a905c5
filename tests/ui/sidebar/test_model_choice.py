"""The sidebar's choice of a model: what the list says, and which context comes along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.model.model_folders import make_model, set_facts, three_models
from textgen.errors import TextgenError
from textgen.experiments.requests.source import ModelSource, source_from
from textgen.models.registry import Registry
from textgen.ui.frame.page import page_config
from textgen.ui.sidebar.model_choice import NUMBERS, groups, left_out, switched
from textgen.ui.sidebar.model_facts import FIRST_CONTEXT
from textgen.ui.sidebar.sidebar import first_state

FIRST = "shakespeare-char-lstm"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of models that a test may change."""
    return three_models(tmp_path)


# ---- the list


def test_models_are_listed_by_their_text_with_size_level_and_loss(models: Registry) -> None:
    found = groups(models)
    assert [group["label"] for group in found] == ["plays", "names", "no model"]
    assert [model["name"] for model in found[0]["models"]] == [FIRST, "plays-gru"]
    first = found[0]["models"][0]
    assert first["title"] == "Plays, characters"
    assert first["line"].endswith("k · characters · 1.42 nats · 2.05 bits/character")
    assert found[-1]["models"][0]["name"] == NUMBERS


def test_a_folder_that_cannot_be_read_keeps_its_place(root: Path) -> None:
    (root / "names" / "config.json").write_text("[")
    (group,) = [group for group in groups(Registry(root)) if group["label"] == "cannot be read"]
    assert group["models"][0]["name"] == "names"


def test_a_page_that_is_loaded_finds_new_folders_and_misses_old_ones(root: Path) -> None:
    registry = Registry(root)
    make_model(root, "own", title="My own")
    (root / "names" / "config.json").unlink()
    titles = [model["title"] for group in page_config(registry)["models"] for model in group["models"]]
    assert "My own" in titles
    assert "Names" not in titles


def test_without_models_the_numbers_are_chosen(tmp_path: Path) -> None:
    state = first_state(Registry(tmp_path))
    assert (state["model"], state["context"]) == (NUMBERS, FIRST_CONTEXT)


def test_the_page_opens_with_the_first_model_and_its_context(root: Path) -> None:
    set_facts(root / FIRST, prompt="ROMEO:")
    state = first_state(Registry(root))
    assert (state["model"], state["context"]) == (FIRST, "ROMEO:")


# ---- the context when the model changes


def test_the_pages_own_context_gives_way_to_the_new_models(models: Registry) -> None:
    assert switched(models, "names", FIRST_CONTEXT, FIRST_CONTEXT) == "mar"
    assert switched(models, FIRST, "mar", "mar") == FIRST_CONTEXT
    assert switched(models, "plays-gru", FIRST_CONTEXT, FIRST_CONTEXT) is None


def test_what_somebody_typed_stays_and_what_cannot_be_read_is_said(models: Registry) -> None:
    assert switched(models, "names", "The dark!", FIRST_CONTEXT) is None
    note = left_out(models, ModelSource(model="names", context="The dark!"))
    assert note.startswith("Left out, since the model does not know them")
    assert all(piece in note for piece in ("T", "h", "!"))
    assert left_out(models, ModelSource(model=FIRST, context="The king")) == ""


def test_an_empty_context_loses_nothing(models: Registry) -> None:
    assert switched(models, "names", "", FIRST_CONTEXT) is None
    assert left_out(models, ModelSource(model="names", context="")) == ""


def test_typed_in_numbers_leave_the_context_alone(models: Registry) -> None:
    assert switched(models, NUMBERS, FIRST_CONTEXT, FIRST_CONTEXT) is None


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"model": "../x", "context": "a"}, "there is no model"),
        ({"context": "a"}, "needs a model or numbers"),
        ({"model": FIRST, "context": 7}, "context must be a text"),
        ({"model": FIRST, "context": "a" * 30_000}, "at most 20,000 characters, got 30,000"),
        ({"numbers": "0.5, x"}, "'x' is not a number"),
        ({"numbers": ""}, "number of tokens must be from 2 to 200"),
    ],
)
def test_what_cannot_be_used_is_told_by_a_sentence(
    models: Registry, source: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TextgenError, match=sentence):
        left_out(models, source_from(source))


@pytest.mark.parametrize(("model", "context"), [("../x", "a"), (None, "a"), (FIRST, 7)])
def test_another_model_leaves_a_strange_context_alone(models: Registry, model: Any, context: Any) -> None:
    assert switched(models, model, context, None) is None


def test_a_damaged_model_says_so_below_the_context(root: Path) -> None:
    (root / "names" / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(TextgenError, match="not a usable model folder"):
        left_out(Registry(root), ModelSource(model="names", context="mar"))


def test_an_endless_config_keeps_no_page_from_opening(root: Path) -> None:
    (root / "names" / "config.json").unlink()
    (root / "names" / "config.json").symlink_to("/dev/zero")
    labels = [group["label"] for group in page_config(Registry(root))["models"]]
    assert {"plays", "cannot be read"} <= set(labels)
