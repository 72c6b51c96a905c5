"""Writing that is interrupted, disks that are full, two runs of one name: nothing is lost or mixed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textgen.errors import TextgenError
from textgen.models.draft import appearing
from textgen.models.lock import alone
from textgen.training import checkpoints
from textgen.training.job import TrainOptions, saved, step_of
from textgen.training.run import train

Options = Callable[..., TrainOptions]
QUICK = ("log.sample=0", "log.beam=0", "log.every=2")
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "zeros": lambda data: bytes(len(data)),
    "text": lambda data: b"no checkpoint",
}


def test_a_damaged_checkpoint_is_left_out_for_the_one_before(
    recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    folder = train(recipe_file, text_file, options(max_steps=6, overrides=QUICK))
    whole = (folder / "model.safetensors").read_bytes()
    for damage in DAMAGES.values():
        last = [path for path in saved(tmp_path / "runs" / "made-up") if step_of(path) == 6]
        for path in last:
            path.write_bytes(damage(path.read_bytes()))
        lines: list[str] = []
        again = options(max_steps=6, overrides=QUICK, resume=True, replace=True, report=lines.append)
        train(recipe_file, text_file, again)
        assert sum("step=6" in line and "left out" in line for line in lines) == len(last) > 0
        assert [line.split()[1] for line in lines if line.startswith("step ")] == ["6:"]
        assert (folder / "model.safetensors").read_bytes() == whole


def test_a_run_without_a_sound_checkpoint_begins_anew(
    recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    train(recipe_file, text_file, options(max_steps=2, overrides=QUICK))
    for path in saved(tmp_path / "runs" / "made-up"):
        path.write_bytes(b"")
    lines: list[str] = []
    again = options(max_steps=2, overrides=QUICK, resume=True, replace=True, report=lines.append)
    assert train(recipe_file, text_file, again).is_dir()
    assert any(line.startswith("step 0") for line in lines)


def test_a_full_disk_at_a_checkpoint_names_its_folder_and_keeps_the_one_before(
    recipe_file: Path, text_file: Path, tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    train(recipe_file, text_file, options(max_steps=2, overrides=QUICK))
    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(TextgenError, match=rf"the disk of {tmp_path}/runs/made-up is full .* --resume"):
        train(recipe_file, text_file, options(max_steps=4, overrides=QUICK, resume=True, replace=True))
    assert [path.name for path in (tmp_path / "runs" / "made-up").glob("last*")] == ["last-step=2.ckpt"]


def test_a_full_disk_at_the_end_names_the_models_folder(
    recipe_file: Path, text_file: Path, tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(TextgenError, match=rf"the disk of {tmp_path}/models is full"):
        train(recipe_file, text_file, options(max_steps=2, overrides=QUICK))
    monkeypatch.undo()
    assert train(recipe_file, text_file, options(max_steps=2, overrides=QUICK, resume=True)).is_dir()


HOLD = """
import sys
from pathlib import Path
from textgen.models.lock import alone
with alone(Path(sys.argv[1]), "it", "wait"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("place", ["runs", "models"])
def test_two_trainings_of_one_name_are_refused_until_the_other_is_dead(
    place: str, recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    lock = tmp_path / place / ".made-up.lock"
    lock.parent.mkdir()
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        says = rf"{tmp_path}/{place}/made-up.* in use by process {other.pid} on .*; wait for it, or .*--name"
        with pytest.raises(TextgenError, match=says):
            train(recipe_file, text_file, options(max_steps=2, overrides=QUICK))
        other.kill()
    assert lock.is_file()
    assert train(recipe_file, text_file, options(max_steps=2, overrides=QUICK)).is_dir()
    assert not list(tmp_path.glob("*/.*"))


def test_a_lock_keeps_out_the_same_process_too(tmp_path: Path) -> None:
    lock = tmp_path / "lock", "it", "wait"
    with alone(*lock), pytest.raises(TextgenError, match="it is in use by process"), alone(*lock):
        pass
    assert not list(tmp_path.iterdir())


def test_drafts_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    mine = tmp_path / f".part-a-{os.getpid()}" / "a"
    mine.mkdir(parents=True)
    with appearing(tmp_path / "b") as other:
        assert not mine.exists()
        with appearing(tmp_path / "a") as draft:
            (draft / "file").write_text("whole")
            assert other.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_that_was_about_to_be_replaced_is_there_again(tmp_path: Path) -> None:
    shelf = tmp_path / ".part-a-1"
    for name, text in ((".old", "old"), ("a", "new")):
        (shelf / name).mkdir(parents=True)
        (shelf / name / "file").write_text(text)
    with appearing(tmp_path / "b"):
        pass
    assert (tmp_path / "a" / "file").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("option", ["models", "runs"])
def test_a_folder_that_takes_no_files_is_noticed_before_the_training(
    option: str, recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    (tmp_path / "file").write_text("no folder")
    place = tmp_path / "file" / "deep"
    with pytest.raises(TextgenError, match=rf"{place} takes no files .*--{option}"):
        train(recipe_file, text_file, options(**{option: place}))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_a_name_that_no_folder_has_is_a_sentence(
    name: str, recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    with pytest.raises(TextgenError, match=r"takes no files .*--models"):
        train(recipe_file, text_file, options(models=tmp_path / name))


def test_runs_and_models_are_two_folders(recipe_file: Path, text_file: Path, options: Options) -> None:
    with pytest.raises(TextgenError, match="--runs and --models must be two folders"):
        train(recipe_file, text_file, options(models=options().runs))
