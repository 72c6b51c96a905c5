"""`sample --settings` with what the page exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from textgen.api import generate
from textgen.cli import main
from textgen.models.folder import Model
from textgen.settings import DecodeSettings


def record(**changes: Any) -> dict[str, Any]:
    """A run as the page exports it, shortened."""
    panes = [
        {
            "strategy": "sampling",
            "temperature": t,
            "settings": DecodeSettings(temperature=t, top_k=3).to_dict(),
        }
        for t in (0.5, 1.5)
    ]
    return {"app": "Temperature Lab", "model": "tiny", "prompt": "bad", "seed": 9, "panes": panes, **changes}


def sample(tmp_path: Path, models_folder: Path, content: Any, *options: str) -> int:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return main(["sample", "--settings", str(path), "--models", str(models_folder), "-l", "12", *options])


def test_a_record_writes_the_texts_of_its_run_again(
    tmp_path: Path, models_folder: Path, tiny: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample(tmp_path, models_folder, record(), "--json") == 0
    texts = json.loads(capsys.readouterr().out)
    expected = [generate(tiny, "bad", temperature=t, top_k=3, seed=9, length=12).text for t in (0.5, 1.5)]
    assert [text["text"] for text in texts] == expected


def test_the_command_line_comes_before_the_record(
    tmp_path: Path, models_folder: Path, tiny: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample(tmp_path, models_folder, record(), "--json", "--seed", "3", "-p", "cab") == 0
    text = json.loads(capsys.readouterr().out)[0]
    assert (text["seed"], text["prompt"]) == (3, "cab")
    assert text["text"] == generate(tiny, "cab", temperature=0.5, top_k=3, seed=3, length=12).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"panes": []}, "panes must be a list of objects"),
        ({"panes": "x"}, "panes must be a list of objects"),
        ({"panes": [{"settings": 3}]}, "a pane's settings must be an object"),
        ({"panes": [{"strategy": "beam", "settings": {}}]}, "written by beam"),
        ({"panes": [{"settings": {"temperature": -1}}]}, "temperature must be"),
        ({"seed": "x"}, "seed must be"),
        ({"model": "../tiny"}, "no model"),
    ],
)
def test_a_damaged_record_is_a_sentence(
    tmp_path: Path, models_folder: Path, capsys: pytest.CaptureFixture[str], changes: Any, sentence: str
) -> None:
    assert sample(tmp_path, models_folder, record(**changes)) == 2
    assert sentence in capsys.readouterr().err
