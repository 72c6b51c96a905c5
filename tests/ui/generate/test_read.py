"""A given text, as the page gets it."""

from __future__ import annotations

from typing import Any

import pytest

import textgen as lab
from textgen.errors import TextgenError
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.ui.generate.tab import Room
from textgen.ui.server.laboratory import Laboratory


@pytest.fixture(scope="module")
def room(registry: Registry) -> Room:
    return Room(Laboratory(registry))


def test_the_page_gets_what_the_library_reads(room: Room, tiny: Model) -> None:
    text = "had a bad zebra"
    answer = room.read({"model": "tiny", "text": text, "settings": {"temperature": 0.5, "top_k": 3}})
    found = lab.read(tiny, text, temperature=0.5, top_k=3)
    assert "".join(piece for piece, _ in answer["pieces"]) == text
    assert answer["bits"] == pytest.approx(found.surprisal, abs=1e-3)
    assert answer["perCharacter"] == found.bits_per_character
    assert [bool(name) for name in answer["removed"]] == [share == 0 for share in answer["decoded"]]
    assert answer["likeliest"][0][0][0] == found.top_labels[0][0]


HOSTILE: list[dict[str, Any]] = [
    {},
    {"model": "tiny", "text": "", "settings": {}},
    {"model": "tiny", "text": "a" * 20_001, "settings": {}},
    {"model": "tiny", "text": ["a"], "settings": {}},
    {"model": "tiny", "text": "a", "settings": {"top_p": 7}},
    {"model": "tiny", "text": "a", "settings": "hot"},
    {"model": "../tiny", "text": "a", "settings": {}},
    {"model": {"a": []}, "text": "a", "settings": {}},
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_strangers_send_is_answered_with_a_sentence(room: Room, data: dict[str, Any]) -> None:
    with pytest.raises(TextgenError):
        room.read(data)
