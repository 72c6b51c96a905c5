"""Trainings of visitors: texts as they are read, who may train what, and one that is killed on its way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from textgen.errors import TextError
from textgen.models.config import ModelConfig
from textgen.models.own import OwnModels
from textgen.training import recipe
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import ASKING, Visitor
from textgen.ui.train.runner import PLAN, end_process, is_alive, planned
from textgen.ui.train.trainings import LEVELS, NETS, Course, Trainings, events_from

SPANISH = "El niño comió «más», ¿verdad? Señor, qué año… "
FRENCH = "Être ou ne pas être, voilà la question; où ça? À l'été, garçon! "
POLISH = "Zażółć gęślą jaźń. Łódź, ćma i święto – „tak”. "
TURKISH = "İstanbul güzel bir şehir, çok ağır ışık. "
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. "
TEXT = ("the king is dead, long live the king\n" * 40).encode()
# So quick that a test can wait for it.
QUICK = {"steps": 400, "every": 20, "patience": 1000, "seconds": 5, "shortened": False}


@pytest.fixture
def trainings(tmp_path: Path) -> Iterator[Trainings]:
    found = Trainings(OwnModels(tmp_path / "own"), Limits())
    yield found
    for folder in found._all():
        end_process(folder)


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ((SPANISH * 9).encode(), "utf-8", SPANISH),
        ((SPANISH * 9).encode("cp1252"), "cp1252", SPANISH),
        ((SPANISH * 400).encode("cp1252"), "cp1252", SPANISH),
        ((FRENCH * 9).encode("cp1252"), "cp1252", FRENCH),
        ((POLISH * 40).encode("cp1250"), "cp1250", POLISH),
        ((TURKISH * 40).encode("cp1254"), "cp1254", TURKISH),
        ((RUSSIAN * 9).encode("cp1251"), "cp1251", RUSSIAN),
        ((RUSSIAN * 400).encode("cp1251"), "cp1251", RUSSIAN),
        ((RUSSIAN * 9).encode("utf-16"), "utf-16", RUSSIAN),
        ((SPANISH * 9).encode("utf-16-le"), "utf-16-le", SPANISH),
        ((SPANISH * 9).encode("utf-16-be"), "utf-16-be", SPANISH),
        ((SPANISH * 9).encode("utf-8-sig"), "utf-8", SPANISH),
    ],
    ids=[
        "utf-8",
        "spanish",
        "long",
        "french",
        "polish",
        "turkish",
        "russian",
        "long russian",
        "utf-16",
        "little",
        "big",
        "mark",
    ],
)
def test_the_encoding_of_a_text_is_found_and_named(
    trainings: Trainings, data: bytes, encoding: str, text: str
) -> None:
    known = trainings.add(data, "C:\\texts\\my book.txt")["text"]
    assert (known["encoding"], known["file"], known["title"]) == (encoding, "my book.txt", "my book")
    assert known["beginning"].startswith(text.strip())


def test_what_was_changed_of_a_text_is_said(trainings: Trainings) -> None:
    known = trainings.add(b"\xef\xbb\xbf" + b"one line\r\n" * 40, "")["text"]
    assert known["changes"] == ["byte-order mark dropped", "line ends read as \\n"]
    assert known["characters"] == 9 * 40


def different(n: int) -> bytes:
    return "".join(map(chr, range(0x20000, 0x20000 + n))).encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "got none"),
        (b" \n \n", "got none"),
        (b"too short", "at least 200 characters, got 9"),
        (b"a" * 1_000_000, "2 to 65,536 different characters, got 1"),
        (different(100_000), "2 to 65,536 different characters, got 100,000"),
        (b"a" * 5_000_001, "at most 5 MB"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9, "not a text"),
        (b"text with a hole\0" * 100, "not a text"),
        (b"PK\x03\x04" + bytes(range(256)) * 99, "not a text"),
    ],
    ids=["empty", "blank", "short", "one letter", "100,000 letters", "long", "picture", "NUL", "zip"],
)
def test_what_cannot_be_learned_is_refused_with_a_sentence(
    trainings: Trainings, data: bytes, sentence: str
) -> None:
    with pytest.raises(TextError, match=sentence):
        trainings.add(data, "x.txt")
    assert list(trainings._all()) == []


@pytest.mark.parametrize("name", [None, 7, "", "..", "../own", "0" * 32, ["x"]])
def test_a_training_is_found_by_its_name_alone(trainings: Trainings, name: Any) -> None:
    with pytest.raises(TextError, match="no longer here"):
        trainings.look(name)


def test_the_page_knows_the_levels_and_sizes_of_the_terminal() -> None:
    assert LEVELS == recipe.LEVELS
    assert set(NETS) <= set(recipe.NETS)


def test_a_run_is_cut_to_the_time_that_there_is() -> None:
    measured = {"steps": 100_000, "step": 0.05, "row": 0.5}
    whole, cut = planned(measured, minutes=1000), planned(measured, minutes=10)
    assert (whole["steps"], whole["shortened"]) == (100_000, False)
    assert cut["shortened"]
    assert 0.8 * 600 < cut["seconds"] < 600


def begun(trainings: Trainings, text: bytes = TEXT) -> Path:
    """A small training of some seconds, that goes on."""
    name = trainings.add(text, "kings.txt")["training"]
    plan = {**trainings.plan(name, "char", "small"), **QUICK}
    trainings.begin(name, plan)
    return trainings.root / name


def until(trainings: Trainings, folder: Path, event: str) -> list[dict[str, Any]]:
    """Wait until an event is there, or until the training is over."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        events = events_from(folder, 0)[0]
        if any(one["event"] in (event, "failed") for one in events):
            return events
        time.sleep(0.05)
    raise AssertionError(f"no {event} in {events_from(folder, 0)[0]}")


def test_a_visitor_trains_one_model_at_a_time(trainings: Trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainings, "_start", lambda self, folder: None)
    token = ASKING.set(Visitor("10.0.0.1", "a-visitor"))
    try:
        begun(trainings)
        with pytest.raises(TextError, match="one model at a time"):
            begun(trainings)
        ASKING.set(Visitor("10.0.0.1", "another-visitor"))
        begun(trainings)
    finally:
        ASKING.reset(token)


def test_a_training_that_is_killed_goes_on_is_stopped_and_becomes_the_visitors_model(
    trainings: Trainings,
) -> None:
    folder = begun(trainings)
    until(trainings, folder, "baseline")
    end = time.monotonic() + 120
    while not list(folder.glob("runs/*/last*.ckpt")) and time.monotonic() < end:
        time.sleep(0.05)
    end_process(folder)
    while is_alive(folder):
        time.sleep(0.05)
    reached = Course.read(folder).step
    late = replace(trainings, clock=lambda: time.time() + 60)  # it has had time to begin
    assert late.status(folder) == "lost"
    late.revive_all()
    trainings.end(folder.name)
    events = until(trainings, folder, "done")
    assert [one for one in events if one["event"] == "failed"] == []
    turns = [place for place, one in enumerate(events) if one["event"] == "turn"]
    assert len(turns) == 2
    again = [one["step"] for one in events[turns[1] :] if one["event"] == "row"]
    assert min(again) > 1  # from the checkpoint on
    assert reached < QUICK["steps"]
    name = trainings.adopted(folder.name)
    assert ModelConfig.read(trainings.own.folder(name)).title == "kings"
    assert json.loads((folder / PLAN).read_text())["starts"] == 2
