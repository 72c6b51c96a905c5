"""The shipped models' papers agree with each other; the figures themselves need the corpus."""

from __future__ import annotations

import csv
import math
import re

import pytest

from textgen import checkpoint
from textgen.registry import SHIPPED, Registry
from textgen.training.recipe import Recipe
from textgen.training.recipe_file import bundled, from_values, read_recipe

NAMES = Registry(SHIPPED).names()


def card(name: str) -> str:
    return (SHIPPED / name / "README.md").read_text(encoding="utf-8")


def test_there_are_models() -> None:
    assert "shakespeare-char-lstm" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_card_and_config_give_the_same_losses(name: str) -> None:
    config = Registry(SHIPPED).info(name).config
    window = config["recipe"]["log"]["window"]
    rows = re.findall(r"^\| (.+?) \| (\d+\.\d+) \| (\d+\.\d+) \|$", card(name), re.MULTILINE)
    nats = {how: float(figure) for how, figure, _ in rows}
    assert nats[f"windows of {window} from a zero state"] == config["losses"][f"validation_windows_{window}"]
    assert nats["streamed, state carried"] == config["losses"]["validation_streamed"]
    assert all(math.isclose(float(n) / math.log(2), float(b), abs_tol=1e-4) for _, n, b in rows)


@pytest.mark.parametrize("name", NAMES)
def test_model_reaches_its_target(name: str) -> None:
    config = Registry(SHIPPED).info(name).config
    window = config["recipe"]["log"]["window"]
    assert config["target"]
    assert config["losses"][f"validation_windows_{window}"] <= config["target"]


@pytest.mark.parametrize("name", NAMES)
def test_log_leads_to_the_kept_weights(name: str) -> None:
    training = Registry(SHIPPED).info(name).config["training"]
    with (SHIPPED / name / "training_log.csv").open(newline="", encoding="utf-8") as file:
        rows = {int(row["step"]): row for row in csv.DictReader(file)}
    assert max(rows) == training["steps"]
    assert int(rows[max(rows)]["tokens"]) == training["tokens"]
    best = min(rows, key=lambda step: float(rows[step]["validation_loss"]))
    assert best == training["kept_step"]


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(bundled())))
def test_bundled_recipe_is_the_one_that_made_the_model(name: str) -> None:
    kept = Registry(SHIPPED).info(name).config["recipe"]
    assert from_values(Recipe, kept, "") == read_recipe(name)


@pytest.mark.parametrize("name", NAMES)
def test_folder_holds_what_it_should_and_stays_small(name: str) -> None:
    folder = SHIPPED / name
    wanted = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "training_log.csv",
        "README.md",
        "ngrams.bin",
    }
    assert {path.name for path in folder.iterdir()} == wanted | {"ngrams.bin"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12_000_000
    assert checkpoint.load(folder).net.parameter_count == checkpoint.read_config(folder)["parameters"]
