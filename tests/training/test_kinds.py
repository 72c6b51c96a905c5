"""Windows and lines: the runs that carry no state are trained, resumed and measured, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from textgen.models.folder import load
from textgen.training.job import TrainOptions
from textgen.training.run import train

Options = Callable[..., TrainOptions]
WINDOWS = """
keep = "last"
[published]
train_loss = 1.5
source = "somebody, some time"
[net]
architecture = "windowed_lstm"
sizes = { hidden = 12, window = 10 }
[batches]
kind = "windows"
length = 10
stride = 3
streams = 16
[optimiser]
name = "rmsprop"
rate = 0.01
[schedule]
name = "constant"
steps = 40
warmup = 0
[log]
every = 10
window = 64
sample = 20
beam = 10
"""
LINES = """
bos = "\\n"
[split]
by = "line"
[net]
architecture = "gpt"
sizes = { block = 16, layers = 1, width = 8, heads = 2 }
[batches]
kind = "lines"
length = 16
streams = 8
[schedule]
name = "linear"
steps = 40
[log]
every = 10
window = 16
sample = 20
beam = 10
"""


@pytest.mark.parametrize("kind", ["windows", "lines"])
def test_a_run_without_a_state_resumes_to_the_same_end(
    kind: str, text_file: Path, tmp_path: Path, options: Options
) -> None:
    recipe = tmp_path / f"{kind}.toml"
    recipe.write_text(WINDOWS if kind == "windows" else LINES, encoding="utf-8")
    whole = train(recipe, text_file, options(name="whole"))
    train(recipe, text_file, options(name="again"))
    for late in (tmp_path / "runs" / "again").glob("last-*.ckpt"):
        late.unlink()  # as if it had been killed before its end
    resumed = train(recipe, text_file, options(name="again", resume=True, replace=True))
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert (resumed / "training_log.csv").read_bytes() == (whole / "training_log.csv").read_bytes()


def test_the_last_weights_are_kept_where_the_recipe_says_so(
    text_file: Path, tmp_path: Path, options: Options
) -> None:
    recipe = tmp_path / "windows.toml"
    recipe.write_text(WINDOWS, encoding="utf-8")
    folder = train(recipe, text_file, options())
    assert load(folder).config.training.kept_step == 40
    published = "published: 1.5 nats per character (2.164 bits per character); somebody, some time."
    assert published in (folder / "README.md").read_text(encoding="utf-8")


def test_texts_with_bos_end_in_samples_and_on_the_card(
    text_file: Path, tmp_path: Path, options: Options
) -> None:
    recipe = tmp_path / "lines.toml"
    recipe.write_text(LINES, encoding="utf-8")
    model = load(train(recipe, text_file, options()))
    assert model.bos is not None
    assert model.stops == {model.bos}
    assert "random 90% of the lines" in (tmp_path / "models" / "lines" / "README.md").read_text("utf-8")
