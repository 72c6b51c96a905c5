"""The table of architectures: nets built from JSON, mistakes in sentences, and a new one by one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import save_tiny_model
from tests.test_readme import block
from textgen import generate, nets
from textgen.errors import ModelError, SettingError
from textgen.models import folder as checkpoint
from textgen.models.registry import Registry
from textgen.nets import ARCHITECTURES, Architecture, build
from textgen.training.job import TrainOptions
from textgen.training.run import train

LSTM_SIZES = {"vocab_size": 7, "embedding": 4, "hidden": 8}


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_every_architecture_can_be_built(name: str) -> None:
    needed = {"embedding": 4, "hidden": 8} if name in {"lstm", "gru", "rnn"} else {}
    if name == "hugging_face":
        gpt2 = {"vocab_size": 7, "n_positions": 8, "n_embd": 4, "n_layer": 1, "n_head": 1}
        needed = {"config": {"model_type": "gpt2", "bos_token_id": 0, "eos_token_id": 0, **gpt2}}
    net = build(name, {"vocab_size": 7, **needed})
    assert net(torch.tensor([[1, 2, 3]])).shape == (1, 3, 7)


@pytest.mark.parametrize(
    ("architecture", "sizes", "sentence"),
    [
        ("owl", LSTM_SIZES, "architecture must be one of lstm, gru, rnn, gpt, windowed_lstm, attention_lstm"),
        (["lstm"], LSTM_SIZES, "architecture must be one of"),
        ("lstm", None, "sizes must be an object, got None"),
        ("lstm", [1], "sizes must be an object"),
        ("lstm", {"vocab_size": 7}, "sizes.embedding must be a whole number from 1 to 1,000,000, got None"),
        (
            "lstm",
            {**LSTM_SIZES, "depth": 2},
            "sizes has no depth; it has vocab_size, embedding, hidden, layers, tied",
        ),
        ("lstm", {**LSTM_SIZES, "hidden": 0}, "sizes.hidden must be a whole number from 1 to 1,000,000"),
        ("lstm", {**LSTM_SIZES, "hidden": "8"}, "sizes.hidden must be a whole number"),
        ("lstm", {**LSTM_SIZES, "hidden": True}, "sizes.hidden must be a whole number"),
        ("lstm", {**LSTM_SIZES, "hidden": 10**400}, "sizes.hidden must be a whole number"),
        ("lstm", {**LSTM_SIZES, "tied": 1}, "sizes.tied must be true or false, got 1"),
        (
            "lstm",
            {**LSTM_SIZES, "hidden": 1_000_000},
            "takes more memory than there is: .* choose smaller ones",
        ),
        ("gpt", {"vocab_size": 7, "heads": 3}, "sizes.width must be a multiple of heads, 3, got 16"),
    ],
)
def test_bad_sizes_are_sentences(architecture: Any, sizes: Any, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        build(architecture, sizes)


@pytest.mark.parametrize(
    ("architecture", "rates", "sentence"),
    [
        ("lstm", {"output": 1}, r"dropout.output must be in \[0, 1\), got 1; 0 turns it off"),
        ("lstm", {"output": "x"}, "dropout.output must be in"),
        ("lstm", {"inputs": 0.1}, "dropout has no inputs; it has embedding, between, output, weights"),
        ("lstm", 0.5, "dropout must be an object"),
        ("gpt", {"weights": 0.1}, "dropout has no weights; it has output"),
        ("windowed_lstm", {"output": 0.1}, "dropout has no output; it has nothing to set"),
    ],
)
def test_bad_dropout_is_a_sentence(architecture: str, rates: Any, sentence: str) -> None:
    sizes = LSTM_SIZES if architecture == "lstm" else {"vocab_size": 7}
    with pytest.raises(SettingError, match=sentence):
        build(architecture, sizes, rates)


def test_whole_numbers_may_be_written_as_json_writes_them() -> None:
    assert (
        build("lstm", {**LSTM_SIZES, "hidden": 8.0}).parameter_count
        == build("lstm", LSTM_SIZES).parameter_count
    )


def test_the_table_loads_no_torch() -> None:
    code = "import sys, textgen.nets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- a new architecture, as README adds one


def test_readme_shows_the_file_that_is_tested() -> None:
    shown = Path(__file__).with_name("fading_memory.py").read_text(encoding="utf-8")
    assert block("architecture") == shown


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> None:
    """README's line in the table, for the file where the tests have it."""
    here = block("architecture line").replace("textgen.nets.fading", "tests.nets.fading")
    added = eval(f"{{{here}}}", {"Architecture": Architecture})
    monkeypatch.setattr(nets, "ARCHITECTURES", {**ARCHITECTURES, **added})


@pytest.mark.usefixtures("line")
def test_a_new_architecture_trains_is_saved_loaded_and_writes(tmp_path: Path) -> None:
    text, recipe = tmp_path / "text.txt", tmp_path / "new.toml"
    text.write_text("abcabd " * 200, encoding="utf-8")
    recipe.write_text(
        "start = 'a'\n[net]\narchitecture = 'fading'\nsizes = { width = 8 }\n[optimiser]\nrate = 0.03\n"
        "[batches]\nstreams = 4\nlength = 16\n[schedule]\nsteps = 150\nwarmup = 1\n"
        "[log]\nevery = 75\nwindow = 16\nsample = 8\nbeam = 4\n",
        encoding="utf-8",
    )
    options = TrainOptions(models=tmp_path / "models", runs=tmp_path / "runs", accelerator="cpu", report=None)
    folder = train(recipe, text, options)
    model = Registry(folder.parent).get("new")
    assert type(model.net).__name__ == "FadingMemory"
    assert generate(model, "abc", temperature=0, length=4).text == "abd "
    assert re.search(r"Network: fading \(.*width 8\)", (folder / "README.md").read_text(encoding="utf-8"))


def test_without_its_line_the_folder_is_a_sentence(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "own", "\n abc")
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"lstm"', '"fading"'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"describes no network .*architecture must be one of lstm, gru"):
        checkpoint.load(folder)
