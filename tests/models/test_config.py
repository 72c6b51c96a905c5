"""What config.json says: the shipped files come back byte for byte, others as far as they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import ModelError
from textgen.models import folder as checkpoint
from textgen.models.config import FILE, ModelConfig
from textgen.models.registry import SHIPPED, Registry

NAMES = Registry(SHIPPED).names()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_files_are_written_as_they_are(name: str, tmp_path: Path) -> None:
    ModelConfig.read(SHIPPED / name).write(tmp_path)
    assert (tmp_path / FILE).read_bytes() == (SHIPPED / name / FILE).read_bytes()


def test_every_fact_has_its_type() -> None:
    config = ModelConfig.read(SHIPPED / "novels-word-lstm")
    assert config.sizes["vocab_size"] > 1000
    assert config.recipe.window == config.losses.window == 256
    assert config.recipe.temperatures == (0.2, 0.5, 1.0, 1.2)
    assert config.corpus.name == "six novels"
    assert config.novelty.distinct[0] < config.novelty.distinct[1]
    assert config.losses.validation_windows is not None


@given(st.dictionaries(st.sampled_from(sorted(ModelConfig.read(SHIPPED / NAMES[0]).to_json())), ANYTHING))
def test_what_is_not_of_its_type_is_left_out(data: dict[str, Any]) -> None:
    config = ModelConfig.from_json(data)
    assert ModelConfig.from_json(config.to_json()) == config
    assert isinstance(config.title, str)
    assert config.seed is None or isinstance(config.seed, int)


def test_a_wrong_fact_takes_no_other_with_it() -> None:
    data = {
        "title": 7,
        "date": "2026-01-02",
        "losses": {"validation_windows_9": "x", "validation_streamed": 2},
    }
    config = ModelConfig.from_json(data)
    assert (config.title, config.date) == ("", "2026-01-02")
    assert (config.losses.validation_windows, config.losses.validation_streamed) == (None, 2)


@pytest.mark.parametrize("content", ["", "[1]", "7", "null", "{", "[" * 100_000, '"text"'])
def test_what_is_no_object_is_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ModelError, match=r"config\.json cannot be read .*train or copy the model again"):
        ModelConfig.read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "config.json is not of format 1"),
        ({"format": None}, "config.json is not of format 1"),
        ({"architecture": 7}, "describes no network that we have .architecture must be one of lstm"),
        ({"sizes": [1]}, "describes no network that we have .sizes.vocab_size must be a whole number"),
        ({"bos": "ab"}, "its bos must be one token of its tokenizer, got ab"),
    ],
)
def test_what_a_net_needs_is_checked_when_it_is_loaded(
    models_folder: Path, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    for file in (models_folder / "tiny").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    data = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    (tmp_path / FILE).write_text(json.dumps({**data, **changes}), encoding="utf-8")
    with pytest.raises(ModelError, match=sentence):
        checkpoint.load(tmp_path)
