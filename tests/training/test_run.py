"""A run from recipe to folder: it learns, it repeats itself, it survives being killed."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from textgen.cli import main
from textgen.errors import SettingError, TextgenError
from textgen.models import folder as checkpoint
from textgen.models.registry import Registry
from textgen.training.job import TrainOptions
from textgen.training.run import torch_seed, train
from textgen.training.streams import Chunk, TokenStreams

Options = Callable[..., TrainOptions]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "training_log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def losses(folder: Path) -> list[tuple[str, str]]:
    return [(row["train_loss"], row["validation_loss"]) for row in rows(folder)]


def test_training_learns_and_leaves_a_usable_folder(
    recipe_file: Path, text_file: Path, options: Options
) -> None:
    folder = train(recipe_file, text_file, options(today=lambda: date(2026, 1, 2)))
    first, *_, last = rows(folder)
    assert float(last["validation_loss"]) < 0.9 * float(first["validation_loss"])
    assert [row["step"] for row in rows(folder)] == ["0", "20", "40", "60"]
    assert first["train_loss"] == "nan"
    assert last["tokens"] == str(60 * 4 * 16)
    assert len(last["sample_0.5"]) == len(last["sample_1"]) == 20
    config = Registry(folder.parent).info("made-up").config
    assert config.date == "2026-01-02"
    assert config.title == "Made up"
    # measured after rounding, by the same function: equal to the best row but for float16
    best = min(float(row["validation_loss"]) for row in rows(folder))
    assert config.losses.validation_windows == pytest.approx(best, abs=2e-3)
    assert checkpoint.load(folder).net.vocab_size == config.sizes["vocab_size"]


@pytest.mark.parametrize("seed", [5_000_000_000, 2**63 - 1])
def test_any_seed_up_to_the_largest_trains(
    seed: int, recipe_file: Path, text_file: Path, options: Options
) -> None:
    folder = train(recipe_file, text_file, options(max_steps=2, seed=seed))
    assert Registry(folder.parent).info("made-up").config.seed == seed


def test_large_seeds_are_not_those_that_their_last_32_bits_would_be() -> None:
    assert [torch_seed(seed) for seed in (0, 1337, 2**32 - 1)] == [0, 1337, 2**32 - 1]
    large = [torch_seed(2**32 + 7), torch_seed(2**33 + 7), torch_seed(2**63 - 1)]
    assert len({7, *large}) == 4
    assert all(0 <= seed < 2**32 for seed in large)


@pytest.mark.parametrize("override", ["net.sizes.hidden=0", "net.dropout.output=1.5", "net.sizes.hiden=3"])
def test_a_net_that_cannot_be_is_refused_before_the_text_is_read(
    override: str, recipe_file: Path, text_file: Path, options: Options, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=rf"^net\.{override[4:11]}"):
        train(recipe_file, text_file, options(overrides=(override,)))
    assert not (tmp_path / "runs").exists()


def test_folder_holds_no_pickle_and_no_leftovers(
    recipe_file: Path, text_file: Path, options: Options
) -> None:
    folder = train(recipe_file, text_file, options(max_steps=5))
    wanted = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "training_log.csv",
        "README.md",
        "ngrams.bin",
    }
    assert {path.name for path in folder.iterdir()} == wanted | {"ngrams.bin", "calibration.csv"}
    assert [path.name for path in folder.parent.iterdir()] == ["made-up"]


def test_a_seed_fixes_the_course_and_another_changes_it(
    recipe_file: Path, text_file: Path, options: Options
) -> None:
    def course(name: str, seed: int) -> list[tuple[str, str]]:
        return losses(
            train(
                recipe_file, text_file, options(name=name, seed=seed, overrides=("log.every=1",), max_steps=6)
            )
        )

    assert course("a", 7) == course("b", 7)
    assert course("c", 8) != course("d", 7)


KILLED_AT_60 = """
import os, signal, sys
from pathlib import Path
from textgen.training.job import TrainOptions
from textgen.training.run import torch_seed, train

def report(line):
    if line.startswith("step 60: "):
        os.kill(os.getpid(), signal.SIGKILL)

recipe, corpus, models, runs = map(Path, sys.argv[1:5])
machine = {"accelerator": "cpu", "precision": "32-true"}
train(recipe, corpus, TrainOptions(
    name="killed", models=models, runs=runs, overrides=tuple(sys.argv[5:]), report=report, **machine))
"""


def test_killed_run_resumes_to_the_same_end(recipe_file: Path, text_file: Path, options: Options) -> None:
    """Killed at the worst moment: the log has the row of step 60, the last checkpoint is that of step 30."""
    long = ("schedule.steps=90", "log.every=30", "log.sample=5")
    whole = train(recipe_file, text_file, options(name="whole", overrides=long))
    killed = options(name="killed", overrides=long)
    argv = [recipe_file, text_file, killed.models, killed.runs, *long]
    process = subprocess.run([sys.executable, "-c", KILLED_AT_60, *map(str, argv)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert rows(killed.runs / "killed")[-1]["step"] == "60"
    assert [path.name for path in (killed.runs / "killed").glob("last-*.ckpt")] == ["last-step=30.ckpt"]
    resumed = train(recipe_file, text_file, options(name="killed", overrides=long, resume=True))
    assert rows(resumed) == rows(whole)
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_ctrl_c_says_how_to_go_on_and_leaves_the_signal_as_python_has_it(
    recipe_file: Path, text_file: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: TokenStreams, step: int, rank: int = 0, world: int = 1) -> Chunk:
        if step == 50:
            raise KeyboardInterrupt
        return whole(self, step, rank, world)

    whole, lines = TokenStreams.chunk, []
    monkeypatch.setattr(TokenStreams, "chunk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(recipe_file, text_file, options(report=lines.append))
    assert lines[-1] == "stopped; --resume goes on from step 40"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_run_is_not_thrown_away_unasked(recipe_file: Path, text_file: Path, options: Options) -> None:
    train(recipe_file, text_file, options(max_steps=3))
    with pytest.raises(TextgenError, match="--replace"):
        train(recipe_file, text_file, options(max_steps=3))
    with pytest.raises(TextgenError, match="step 3; --resume"):
        train(recipe_file, text_file, options(max_steps=3, replace=True))
    with pytest.raises(TextgenError, match="another seed: 1337, now 5"):
        train(recipe_file, text_file, options(max_steps=3, replace=True, resume=True, seed=5))
    assert train(recipe_file, text_file, options(max_steps=3, replace=True, restart=True, seed=5)).is_dir()


@pytest.mark.parametrize(
    "changes",
    [
        {"accelerator": "abacus"},
        {"devices": "x"},
        {"devices": 0},
        {"devices": 9999},
        {"strategy": "luck"},
        {"precision": "7"},
    ],
    ids=str,
)
def test_a_machine_that_there_is_not_is_refused_before_the_text_is_read(
    changes: dict[str, Any], recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    says = "this machine cannot train with|devices must be at most"
    with pytest.raises(TextgenError, match=says) as caught:
        train(recipe_file, text_file, options(**changes))
    assert str(next(iter(changes.values()))) in str(caught.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: you tried to …")])
def test_a_memory_that_is_too_small_is_a_sentence(
    error: Exception, recipe_file: Path, text_file: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Chunk:
        raise error

    monkeypatch.setattr(TokenStreams, "chunk", full)
    with pytest.raises(
        TextgenError, match=r"too small for steps of 4 × 16 tokens with a net of .*'hidden': 24"
    ):
        train(recipe_file, text_file, options())


BAD_TEXTS = {
    "empty": (b"", "an empty file"),
    "short": (b"abc", "at least 100 characters"),
    "binary": (bytes(range(256)) * 4, "not UTF-8 text|NUL"),
    "nul": (b"\0a" * 200, "NUL characters"),
    "one character": (b"a" * 500, "2 to 65,536 of them different, got 500, 1 different"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_bad_text_ends_with_a_sentence_and_no_folder(
    case: str, tmp_path: Path, recipe_file: Path, options: Options
) -> None:
    content, says = BAD_TEXTS[case]
    corpus = tmp_path / "bad.txt"
    corpus.write_bytes(content)
    with pytest.raises(TextgenError, match=says):
        train(recipe_file, corpus, options())
    assert not (tmp_path / "models").exists()
    assert not list(tmp_path.glob("runs/*/*"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"overrides": ("corpus.sha256=" + "0f" * 32,)}, "sha256 must be (0f){32}, got [0-9a-f]{64}"),
        ({"overrides": ("corpus.sha256=00ff",)}, "corpus.sha256 must be 64 digits from 0 to f, got 00ff"),
        ({"name": "a/b"}, "name must be 1 to 64 letters"),
        ({"name": ".."}, "name must be 1 to 64 letters"),
        ({"overrides": ("start=☃",)}, "start"),
        ({"overrides": ("net.architecture=ltsm",)}, "ltsm"),
        ({"overrides": ("net.sizes.hiden=4",)}, "hiden"),
        ({"overrides": ("net.dropout.outptu=0.4",)}, "outptu"),
        ({"overrides": ("optimiser.name=sgd",)}, "optimiser.name must be one of adamw, rmsprop, got sgd"),
        ({"overrides": ("schedule.name=cosin",)}, "schedule.name must be"),
    ],
)
def test_bad_values_end_with_a_sentence_and_no_model(
    changes: dict[str, Any], says: str, recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    with pytest.raises(TextgenError, match=says):
        train(recipe_file, text_file, options(**changes))
    assert not (tmp_path / "models").exists()


def test_a_failure_at_the_end_leaves_no_half_made_folder(
    recipe_file: Path, text_file: Path, tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("textgen.training.package.model_card", fail)
    with pytest.raises(TextgenError, match=rf"the disk of {tmp_path}/models is full"):
        train(recipe_file, text_file, options(max_steps=3))
    assert not list(tmp_path.glob("models/*"))


def test_command_trains_and_evaluate_repeats_the_figures(
    recipe_file: Path, text_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--models", str(tmp_path / "m"), "--runs", str(tmp_path / "r")]
    machine = ["--accelerator", "cpu", "--precision", "32-true", "--max-steps", "6"]
    assert (
        main(["train", str(recipe_file), "--corpus", str(text_file), "--name", "mine", *places, *machine])
        == 0
    )
    lines = capsys.readouterr()
    assert lines.out == f"{tmp_path / 'm' / 'mine'}\n"
    assert "step 6: training" in lines.err
    config = Registry(tmp_path / "m").info("mine").config
    assert (
        main(["evaluate", "mine", "--corpus", str(text_file), "--window", "32", "--json", *places[:2]]) == 0
    )
    measured = json.loads(capsys.readouterr().out)
    assert measured["notes"] == []
    assert measured["targets"] == config.losses.validation_targets
    assert round(measured["windows"]["nats"], 4) == config.losses.validation_windows
    assert round(measured["streamed"]["nats"], 4) == config.losses.validation_streamed
