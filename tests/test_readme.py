"""What README shows works, and prints what README says."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import gradio
import pytest

from scripts.models_table import table
from textgen.models.registry import SHIPPED, Registry, default_root
from textgen.ui.frame.page import build, launch_options

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The code block that follows the marker `<!-- tested: name -->`."""
    found = re.search(rf"<!-- tested: {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no block marked {name!r}"
    return found[1]


def printed(code: str) -> str:
    """What a piece of Python prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    return out.getvalue()


def test_the_library_example_prints_what_readme_says() -> None:
    assert printed(block("library")) == block("library output")


def test_the_sweep_prints_what_readme_says() -> None:
    assert printed(block("sweep")) == block("sweep output")


def test_the_service_example_prints_the_same() -> None:
    registry = Registry(default_root())
    page = build(registry)
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(registry))
    try:
        assert printed(block("service").replace("http://127.0.0.1:7860", url)) == block("library output")
    finally:
        page.close()


def test_the_space_runs_the_pinned_gradio() -> None:
    pinned = re.search(r"^sdk_version: (\S+)$", README, re.MULTILINE)
    assert pinned
    assert pinned[1] == gradio.__version__
    assert f"gradio=={pinned[1]}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


@pytest.mark.parametrize("target", ["app", "test", "bench", "lint", "train", "format"])
def test_make_knows_what_readme_and_its_help_name(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_losses_readme_quotes_are_the_models() -> None:
    losses = json.loads((default_root() / "shakespeare-char-lstm" / "config.json").read_text())["losses"]
    quoted = re.search(r"(\d\.\d{4}) nats per\s+character in windows of 256", README)
    assert quoted
    assert float(quoted[1]) == losses["validation_windows_256"]


def test_the_table_of_models_is_theirs() -> None:
    assert f"<!-- made by: python -m scripts.models_table -->\n{table(Registry(SHIPPED))}\n" in README
