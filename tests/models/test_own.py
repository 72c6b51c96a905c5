"""Models of visitors: found by their names alone, and gone when nobody uses them."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import save_tiny_model
from textgen.errors import ModelError, TextError
from textgen.link import read_link
from textgen.models.own import HOUR, RESTED, OwnLimits, OwnModels, is_own, size_of
from textgen.models.registry import Registry


@dataclass
class Clock:
    """Hours that pass when a test says so; a folder's last use is noted in them."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def own(tmp_path: Path, clock: Clock) -> OwnModels:
    return OwnModels(tmp_path / "own", OwnLimits(hours=2), clock)


def added(own: OwnModels, title: str = "Oma's <b>Briefe</b>", seed: int = 0) -> str:
    with own.draft() as folder:
        save_tiny_model(folder, "\n abc", seed)
        return own.add(folder, title)


def visible(own: OwnModels) -> list[str]:
    return sorted(path.name for path in own.root.iterdir())


def test_a_model_is_found_by_its_name_and_listed_nowhere(own: OwnModels, tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "models" / "shipped", "\n abc")
    registry = Registry(tmp_path / "models", own=own)
    name = added(own)
    assert is_own(name)
    assert len(name) == len("own-") + 128 // 4
    assert registry.info(name).title == "Oma's <b>Briefe</b>"
    assert registry.get(name).name == name
    assert registry.names() == ["shipped"]
    assert [known for known, _ in registry.stamps()] == ["shipped"]
    with pytest.raises(ModelError) as error:
        registry.get("own-")
    assert str(error.value) == "there is no model 'own-'; the models are: shipped"


def test_a_worker_finds_it_too(own: OwnModels, tmp_path: Path) -> None:
    name = added(own)
    there = pickle.loads(pickle.dumps(OwnModels(own.root, own.limits)))
    assert there.key(name) == own.key(name)
    shutil.copytree(own.root / name, own.root / "copy")  # what is no name of ours is not found
    with pytest.raises(ModelError):
        own.folder("copy")


@pytest.mark.parametrize("name", ["own-" + "0" * 32, "../own", "own-" + "0" * 31 + "\n", ".secret", ""])
def test_what_is_not_there_is_a_sentence(own: OwnModels, name: str) -> None:
    with pytest.raises(ModelError) as error:
        own.folder(name)
    assert str(error.value) == (
        "this visitor's model is no longer here: it was deleted, or not used for 2 hours; bring or train it "
        "again in the Model tab, or choose another model"
    )
    own.remove(name)


def test_a_server_without_them_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no longer here: it was deleted; bring or train it"):
        Registry(tmp_path).get("own-" + "0" * 32)


def test_it_goes_when_nobody_uses_it(own: OwnModels, clock: Clock) -> None:
    used, unused = added(own), added(own)
    clock.now += 1.9 * HOUR
    own.folder(used)
    clock.now += 1.9 * HOUR
    own.folder(used)
    with pytest.raises(ModelError):
        own.folder(unused)
    own.sweep()
    assert visible(own) == [used]


def test_a_model_that_is_too_large_is_refused_and_leaves_nothing(own: OwnModels, clock: Clock) -> None:
    one = OwnModels(own.root, OwnLimits(bytes=1_000), clock)
    with pytest.raises(ModelError, match=r"may take at most 0 MB here, got 0 MB; bring a smaller one"):
        added(one)
    assert visible(own) == []


def test_where_there_is_no_room_the_one_not_used_longest_goes(own: OwnModels, clock: Clock) -> None:
    first = added(own)
    size = size_of(own.root / first)
    full = OwnModels(own.root, OwnLimits(total=int(2.5 * size)), clock)
    second = added(full)
    with pytest.raises(ModelError, match="they are all in use; delete one of yours, or try again"):
        added(full)
    clock.now += RESTED + 1
    own.folder(second)
    third = added(full)
    assert visible(own) == sorted([second, third])


def test_it_can_be_renamed_replaced_and_deleted_with_its_key(own: OwnModels) -> None:
    name = added(own)
    own.check_key(name, own.key(name))
    for key in ("", None, own.key(added(own)), "ö", "\ud800"):
        with pytest.raises(ModelError, match="only whoever brought or trained this model"):
            own.check_key(name, key)
    own.rename(name, "  two\nlines\u202e ")
    assert Registry(own.root, own=own).info(name).title == "two lines"
    before = (own.folder(name) / "model.safetensors").read_bytes()
    with own.draft() as folder:
        own.replace(name, save_tiny_model(folder, "\n abc", 5))
    assert (own.folder(name) / "model.safetensors").read_bytes() != before
    assert Registry(own.root, own=own).info(name).title == "two lines"
    own.remove(name)
    with pytest.raises(ModelError):
        own.folder(name)


@pytest.mark.parametrize("title", [None, 3, "", " \n", "\u202e"])
def test_a_title_is_a_line_of_text(own: OwnModels, title: str) -> None:
    with pytest.raises(TextError, match="a model's title must"):
        added(own, title)
    assert visible(own) == []


def test_a_link_may_name_one_whatever_the_list_says() -> None:
    name = "own-" + "a1" * 16
    assert read_link(f"#v=1&tab=next&model={name}", ["shipped"]).values["model"] == name
    both = read_link(f"#v=1&tab=sweep&models=shipped,{name}", ["shipped"])
    assert (both.values["models"], both.problems) == (["shipped", name], ())
