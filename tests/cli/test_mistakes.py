"""Every mistake ends with one line and exit code 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.cli.running import COIN, Command, Result, assert_complaint
from textgen.cli import build_parser

MISTAKES: Sequence[tuple[list[str], str]] = [
    (["next", *COIN, "-t", "nan"], "temperature must be 0 or in [0.01, 100], got nan; 0 is greedy"),
    (["next", *COIN, "-t", "-1"], "got -1"),
    (["next", *COIN, "-t", "1e9"], "got 1000000000.0"),
    (["next", *COIN, "-t", "hot"], "got hot"),
    (["next", *COIN, "--top-p", "0"], "top_p must be in (0, 1], got 0; 1 turns it off"),
    (["next", *COIN, "--top-k", "-1"], "top_k must be a whole number"),
    (["next", *COIN, "--top-k", "1.5"], "got 1.5"),
    (["next", *COIN, "--order", "backwards"], "order must be one of"),
    (["next", *COIN, "--top", "0"], "top must be a whole number from 1"),
    (["next", *["-t", "1"] * 65, *COIN], "number of temperatures must be"),
    (["next", "--numbers", "1"], "from 2 to 200, got 1"),
    (["next", "--numbers", "a\nb"], "'a' is not a number"),
    (["next", "--numbers", "1,2", "--kind", "odds"], "kind must be one of"),
    (["next", "bad", *COIN], "leave one out"),
    (["next", "-m", "huge"], "there is no model 'huge'; the models are: tiny"),
    (["next", "-m", "a\0b"], "there is no model"),
    (["next", "a" * 20_001], "at most 20,000 characters"),
    (["draw", *COIN, "-n", "0"], "draws must be a whole number from 1 to 1,000,000, got 0"),
    (["draw", *COIN, "-n", "1000000000000"], "got 1000000000000"),
    (["draw", *COIN, "--seed", "-1"], "seed must be"),
    (["sample", "-l", "5001"], "length must be a whole number from 1 to 5,000, got 5001"),
    (["sample", "--seed", "x"], "seed must be"),
]


class TestMistakes:
    @pytest.mark.parametrize(("argv", "sentence"), MISTAKES, ids=lambda value: " ".join(value)[:40])
    def test_end_with_one_line_and_exit_code_2(
        self, textgen: Command, argv: list[str], sentence: str
    ) -> None:
        result = textgen(*argv)
        complaint = Result(result.code, result.out, result.err[result.err.index("textgen:") :])
        assert_complaint(complaint, sentence)

    @pytest.mark.parametrize(
        "argv",
        [[], ["fly"], ["next", "--hot"], ["next", "a", "b"], ["next", "-t"], ["sample", "a", "-p", "b"]],
    )
    def test_malformed_lines_too(
        self, textgen: Command, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert textgen(*argv).code == 2
        complaint = capsys.readouterr().err
        assert complaint.startswith("textgen: ")
        assert complaint.count("\n") == 1

    @pytest.mark.parametrize("text", ["-x", "-5", "--never mind", "-t 1", "-"])
    @pytest.mark.parametrize("command", ["next", "draw", "sample", "beam", "chaos", "sweep"])
    def test_a_prompt_may_begin_with_a_dash(self, command: str, text: str) -> None:
        for argv in ([command, "-p", text], [command, "--prompt", text], [command, "--", text]):
            args = build_parser(argv).parse_args(argv)
            assert text in (args.text, args.prompt, *(args.prompt or ()))
        other = [command, "-p", "a", "--json"]
        assert build_parser(other).parse_args(other).json

    def test_a_text_with_a_dash_is_said_how_to_give(
        self, textgen: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert textgen("next", "-x").code == 2
        assert "a text that begins with a dash follows -p" in capsys.readouterr().err

    @pytest.mark.parametrize("damage", ["missing", "truncated", "foreign"])
    def test_damaged_model_folders(
        self, textgen: Command, damaged: Callable[[str], Path], damage: str
    ) -> None:
        result = textgen("next", "bad", "-m", str(damaged(damage)))
        assert_complaint(result, "is not a usable model folder")

    def test_a_folder_without_a_model(self, textgen: Command, tmp_path: Path) -> None:
        assert_complaint(textgen("next", "bad", "-m", str(tmp_path)), "config.json cannot be read")

    def test_no_models_at_all(self, textgen: Command, tmp_path: Path) -> None:
        assert_complaint(textgen("next", "--models", str(tmp_path)), "there are no models in")

    def test_help_is_no_mistake(self, textgen: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert textgen("next", "--help").code == 0
        assert "--top-n-sigma" in capsys.readouterr().out


@pytest.fixture
def damaged(models_folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the tiny model with its weights missing, cut short or of another net."""

    def make(damage: str) -> Path:
        for file in (models_folder / "tiny").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        weights = tmp_path / "model.safetensors"
        if damage == "missing":
            weights.unlink()
        elif damage == "truncated":
            weights.write_bytes(weights.read_bytes()[:-100])
        else:
            (tmp_path / "config.json").write_text('{"format": 1, "architecture": "abacus", "sizes": {}}')
        return tmp_path

    return make
