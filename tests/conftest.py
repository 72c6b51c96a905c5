"""What all tests share: a tiny model, a Chromium, no outside host."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Read when torch, numpy and others are imported, by the tests and by the processes that they start: several
# threads in each of several processes would only wait for each other.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
# Beside other work on the machine, who steps far back gets no turn: no test shall wait for that.
os.environ["TEXTGEN_WORKER_NICE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import hypothesis
import pytest
import torch

from scripts.chromium import find
from textgen.models import folder as checkpoint
from textgen.models.config import ModelConfig
from textgen.models.registry import Registry
from textgen.nets.lstm import LSTM
from textgen.text.tokenizer import TextTokenizer

# Gradio looks for a free port and takes it a moment later: two processes that test must not find the same.
if (worker := os.environ.get("PYTEST_XDIST_WORKER", "")).startswith("gw"):
    os.environ["GRADIO_SERVER_PORT"] = str(7860 + 100 * int(worker[2:]))

# The same examples in every run, and no clock: other work on the machine must not fail a test.
hypothesis.settings.register_profile("lab", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("lab")

TESTS = Path(__file__).parent
LONG_TESTS = {"test_views.py": 5, "test_server_away.py": 15}  # how many of others one test is worth, besides
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests by their folder. They come last, after all that fails faster, file by file from the
    one that takes longest: processes that share the files then end together.
    """
    tests_in = Counter(item.path for item in items)
    for item in items:
        if item.path.is_relative_to(TESTS / "browser"):
            item.add_marker("browser")
        if item.path.name in LONG_TESTS:
            tests_in[item.path] += LONG_TESTS[item.path.name]
    items.sort(key=lambda item: -tests_in[item.path] if item.get_closest_marker("browser") else -math.inf)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium that starts; `make test` has seen to it that there is one."""
    path = find()
    if path is None:
        pytest.fail("no Chromium: run `make test`, or name one in $CHROMIUM")
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium_path: str) -> dict[str, Any]:
    """pytest-playwright's own, with the Chromium of this machine."""
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": [*CHROMIUM_ARGUMENTS]}


def save_tiny_model(folder: Path, alphabet: Iterable[str], seed: int = 0) -> Path:
    """A random LSTM over a few characters: enough for all logic, worth nothing as a writer."""
    torch.manual_seed(seed)
    tokenizer = TextTokenizer.characters(alphabet)
    sizes = {"vocab_size": tokenizer.vocab_size, "embedding": 8, "hidden": 16}
    net = LSTM(LSTM.Sizes(tokenizer.vocab_size, embedding=8, hidden=16))
    checkpoint.save(folder, net, tokenizer, ModelConfig(architecture="lstm", sizes=sizes))
    return folder


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model, `tiny`, over 12 characters."""
    root = tmp_path_factory.mktemp("models")
    save_tiny_model(root / "tiny", "\n 'Tabcdefgh")
    return root


@pytest.fixture(scope="session")
def registry(models_folder: Path) -> Registry:
    return Registry(models_folder)


@pytest.fixture(scope="session")
def tiny(registry: Registry) -> checkpoint.Model:
    return registry.get("tiny")
