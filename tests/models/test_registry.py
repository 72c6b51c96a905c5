"""Which models there are, each loaded once, no more of them than fit."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import save_tiny_model
from textgen.errors import ModelError
from textgen.models import folder as checkpoint
from textgen.models.registry import SHIPPED, Registry, bytes_of

NAMES = ("a", "b", "c")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        save_tiny_model(tmp_path / name, "\n abc", seed)
    return tmp_path


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the models that were read from disk, in turn."""
    read: list[str] = []
    load = checkpoint.load

    def noted(folder: Path) -> checkpoint.Model:
        read.append(folder.name)
        return load(folder)

    monkeypatch.setattr(checkpoint, "load", noted)
    return read


def test_a_model_is_loaded_once(root: Path, loads: list[str]) -> None:
    registry = Registry(root)
    assert registry.get("a") is registry.get("a")
    assert loads == ["a"]


def test_what_was_not_asked_for_longest_goes(root: Path, loads: list[str]) -> None:
    one = bytes_of(checkpoint.load(root / "a"))
    registry = Registry(root, max_bytes=2 * one)
    loads.clear()
    for name in ("a", "b", "a", "c"):
        registry.get(name)
    assert registry.loaded() == ["a", "c"]
    registry.get("a")
    registry.get("b")
    assert loads == ["a", "b", "c", "b"]
    assert registry.loaded() == ["a", "b"]


def test_a_model_larger_than_the_bound_is_held_alone(root: Path) -> None:
    registry = Registry(root, max_bytes=1)
    for name in NAMES:
        assert registry.get(name).name == name
        assert registry.loaded() == [name]


def test_room_counts_the_weights_twice(root: Path) -> None:
    model = checkpoint.load(root / "a")
    assert bytes_of(model) == 8 * model.net.parameter_count  # float32, and a prepared copy


def test_nine_models_of_the_largest_shipped_size_fit() -> None:
    largest = max(bytes_of(Registry(SHIPPED).get(name)) for name in Registry(SHIPPED).names())
    assert 9 * largest < Registry(SHIPPED).max_bytes


def test_a_folder_made_anew_is_loaded_again(root: Path, loads: list[str]) -> None:
    registry = Registry(root)
    old = registry.get("a")
    save_tiny_model(root / "a", "\n abcdef", seed=7)
    touch(root / "a" / "config.json")
    new = registry.get("a")
    assert (old.net.vocab_size, new.net.vocab_size) == (5, 8)
    assert registry.get("a") is new
    assert loads == ["a", "a"]


def touch(path: Path) -> None:
    """A time stamp of its own, however coarse the file system's clock."""
    os.utime(path, ns=(0, time.time_ns() + 10**9))


def test_new_folders_are_listed_and_vanished_ones_refused(root: Path) -> None:
    registry = Registry(root)
    save_tiny_model(root / "d", "\n abc")
    assert registry.names() == [*NAMES, "d"]
    registry.get("d")
    (root / "d" / "config.json").unlink()
    with pytest.raises(ModelError, match="there is no model 'd'; the models are: a, b, c"):
        registry.get("d")


def test_a_damaged_model_is_tried_again(root: Path, loads: list[str]) -> None:
    weights = root / "a" / "model.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(b"damaged")
    registry = Registry(root)
    with pytest.raises(ModelError, match="not a usable model folder"):
        registry.get("a")
    weights.write_bytes(good)
    assert registry.get("a").name == "a"


def test_many_who_ask_at_once_wait_for_one_load(
    root: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, given = Registry(root), []
    gate, load = threading.Event(), checkpoint.load
    monkeypatch.setattr(checkpoint, "load", waiting(gate, load))
    asking = in_threads([lambda: given.append(registry.get("a"))] * 4)
    gate.set()
    for thread in asking:
        thread.join()
    assert loads == ["a"]
    assert len(set(map(id, given))) == 1


def test_who_asks_for_another_model_does_not_wait(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(root)
    registry.get("b")
    gate, load = threading.Event(), checkpoint.load
    monkeypatch.setattr(checkpoint, "load", waiting(gate, load, "a"))
    (slow,) = in_threads([lambda: registry.get("a")])
    assert registry.get("b").name == "b"  # in memory
    assert registry.get("c").name == "c"  # from disk
    assert slow.is_alive()
    gate.set()
    slow.join()
    assert registry.loaded()[-1] == "a"


def waiting(gate: threading.Event, load: Callable[..., Any], only: str = "") -> Callable[..., Any]:
    """A load that waits at a gate: of one model, or of each."""

    def slow(folder: Path) -> Any:
        if only in ("", folder.name):
            assert gate.wait(30)
        return load(folder)

    return slow


def in_threads(acts: list[Callable[[], Any]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    return threads


def test_the_shakespeare_model_comes_first(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.first() is None
    for name in ("zebra", "names-gpt"):
        save_tiny_model(tmp_path / name, "\n abc")
    assert registry.first() == "names-gpt"
    save_tiny_model(tmp_path / "shakespeare-char-lstm", "\n abc")
    assert registry.first() == "shakespeare-char-lstm"


@pytest.mark.parametrize("config", ["", "[1]", "7", "null", "{", "[" * 100_000, '"text"'])
def test_an_unreadable_config_is_a_sentence(tmp_path: Path, config: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.json").write_text(config)
    with pytest.raises(ModelError, match=r"cannot be read .*train or copy the model again"):
        Registry(tmp_path).info("own")


def test_a_title_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for title, shown in ((7, "own"), ("", "own"), (None, "own"), ("Mine", "Mine")):
        (tmp_path / "own" / "config.json").write_text(json.dumps({"title": title}))
        assert Registry(tmp_path).info("own").title == shown


def test_a_folder_whose_name_cannot_be_shown_is_not_listed(root: Path) -> None:
    save_tiny_model(root / "line\nbreak", "\n abc")
    assert Registry(root).names() == [*NAMES]


@pytest.mark.parametrize("name", ["../a", "/etc", "", None, 7, ["a"], {"a": 1}, "a/", "."])
def test_a_name_from_outside_opens_no_other_folder(root: Path, name: Any) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        Registry(root).get(name)
