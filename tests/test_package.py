"""The package as a whole: what importing it costs, what it exports, who imports whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import textgen

ROOT = Path(__file__).parent.parent


def loaded_after(statement: str) -> set[str]:
    """The top-level modules in memory after a statement in a fresh interpreter."""
    code = f"{statement}\nimport sys; print(*(name for name in sys.modules if '.' not in name))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_is_light() -> None:
    assert not loaded_after("import textgen") & {"torch", "numpy", "gradio", "plotly", "tokenizers"}


@pytest.mark.parametrize(
    "command",
    ["['models']", "['next', '--numbers', '0.7, 0.3', '--json']", "['draw', '--numbers', '1, 2', '--json']"],
)
def test_commands_without_a_model_do_without_torch(command: str) -> None:
    silent = "import io, contextlib, textgen.cli as cli\nwith contextlib.redirect_stdout(io.StringIO()): "
    assert "torch" not in loaded_after(f"{silent}assert cli.main({command}) == 0")


@pytest.mark.parametrize("name", ["next", "draw", "sample", "beam", "sweep", "chaos", "replay"])
def test_help_does_without_torch(name: str) -> None:
    silent = "import io, contextlib, textgen.cli as cli\nwith contextlib.redirect_stdout(io.StringIO()): "
    assert "torch" not in loaded_after(f"{silent}assert cli.main([{name!r}, '--help']) == 0")


def test_the_first_model_function_brings_torch() -> None:
    assert "torch" in loaded_after("from textgen import load")


@pytest.mark.parametrize("name", textgen.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(textgen, name).__module__.startswith("textgen.")
    assert name in dir(textgen)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'train'"):
        textgen.train  # type: ignore[attr-defined]  # noqa: B018


def test_the_entry_only_starts_the_page() -> None:
    """The import contract cannot see a single file beside the package, so this looks at it."""
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"__future__", *(module for module in modules if str(module).startswith("textgen.ui"))}
