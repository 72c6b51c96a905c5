"""The list of commands: each has its module, and only the one asked for is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import textgen.cli
from tests.cli.running import Command, Result, assert_complaint
from textgen.cli import COMMANDS, main
from textgen.cli.console import finite

PACKAGE = Path(textgen.cli.__file__).parent
SHARED = {"__init__", "console", "options", "tables"}


def test_each_module_is_a_command_or_shared() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*COMMANDS, *SHARED}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m textgen {name} ")


def test_the_list_imports_none_of_them() -> None:
    code = "import sys; from textgen.cli import main; main(['--help']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *lines, modules = run.stdout.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("    ")} >= {*COMMANDS}
    loaded = {
        name.removeprefix("textgen.cli.") for name in modules.split() if name.startswith("textgen.cli.")
    }
    assert loaded == {"console"}
    assert "numpy" not in modules.split()


def test_training_without_lightning_says_how_to_get_it(
    textgen: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "lightning", None)
    for name in [name for name in sys.modules if name.startswith("textgen.training.run")]:
        monkeypatch.delitem(sys.modules, name)
    result: Result = textgen("train", "--corpus", str(tmp_path))
    assert_complaint(result, "training needs lightning")
    assert result.err.endswith("; install it: pip install -e '.[train]'\n")


def test_json_has_null_for_what_it_does_not_know() -> None:
    value = {"a": [1.5, float("nan")], "b": (float("-inf"), "x", None, True)}
    assert finite(value) == {"a": [1.5, None], "b": [None, "x", None, True]}
