"""The command line on words, and on names that end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.running import Command, Result, cells
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from textgen import api
from textgen.cli import main
from textgen.cli.console import Console
from textgen.models import folder as checkpoint


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kinds")
    save_tiny_words_model(root / "words")
    save_tiny_names_model(root / "names")
    return root


@pytest.fixture
def textgen(root: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("TEXTGEN_MODELS", str(root))

    def run(*argv: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        return Result(main(argv, Console(out, err, lambda: 4242)), out.getvalue(), err.getvalue())

    return run


def test_words_are_streamed_with_their_spaces(textgen: Command, root: Path) -> None:
    result = textgen("sample", "the old", "--model", "words", "--seed", "3", "-l", "30")
    text = api.generate(checkpoint.load(root / "words"), "the old", seed=3, length=30).text
    assert result.out == f"the old{text}\n"


def test_a_name_ends_its_stream(textgen: Command, root: Path) -> None:
    written = api.generate(checkpoint.load(root / "names"), "ab", seed=3, length=200)
    line = ("sample", "ab", "--model", "names", "--seed", "3", "-l", "200")
    assert textgen(*line).out == f"ab{written.text}\n"
    (pane,) = textgen(*line, "--json").json
    assert pane["text"] == written.text
    assert len(pane["surprise_bits"]) == len(written.ids)


def test_names_side_by_side(textgen: Command) -> None:
    panes = textgen(
        "sample", "--model", "names", "--seed", "3", *"-t 0.5 -t 1 -t 2 --json -l 200".split()
    ).json
    assert all("\n" not in pane["text"] and len(pane["surprise_bits"]) > len(pane["text"]) for pane in panes)


def test_next_names_the_context_and_what_is_unknown(textgen: Command) -> None:
    result = textgen("next", 'she said "Tomb', "--model", "words", "--json")
    assert result.json["context"] == 'she said "Tomb'
    assert "Tomb (nearest: Tom" in result.err
    assert result.json["panels"][0]["probabilities"][0] == 0


def test_draws_never_bring_the_unknown_word(textgen: Command) -> None:
    result = textgen("draw", "Tom", "--model", "words", "-n", "5000", "-t", "50", "--json").json
    assert result["panels"][0]["counts"][0] == 0


def test_beams_show_words_apart_and_end_at_bos(textgen: Command) -> None:
    rows = cells(textgen("beam", "Tom", "--model", "words", "-l", "4", "--ranking").out)
    assert any(" " in row[0] for row in rows[2:])
    found = textgen(
        "beam", "ab", "--model", "names", "-w", "7", "-l", "8", "--length-penalty", "-1", "--json"
    ).json
    assert found["beam"]["stops"] == [0]
    assert any(end["stopped"] for end in found["finished"])
    assert textgen("beam", "ab", "--model", "names", "--stop", "BOS", "--ranking").code == 0
