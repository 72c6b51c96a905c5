"""A command line on the tiny model."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.running import Command, Result
from textgen.cli import main
from textgen.cli.console import Console


@pytest.fixture
def textgen(models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command on the folder with the tiny model; new seeds are 4242."""
    monkeypatch.setenv("TEXTGEN_MODELS", str(models_folder))

    def run(*argv: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        code = main(argv, Console(out, err, lambda: 4242))
        return Result(code, out.getvalue(), err.getvalue())

    return run
