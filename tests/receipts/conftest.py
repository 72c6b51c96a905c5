"""Three tiny models to make receipts of: of characters, of words, and of names that end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import save_tiny_model
from tests.receipts.asked import Make
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from tests.ui.model.model_folders import set_facts
from textgen import receipts
from textgen.models.registry import Registry

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("receipts")
    save_tiny_model(root / "tiny", "\n 'Tabcdefgh")
    save_tiny_words_model(root / "words")
    save_tiny_names_model(root / "names")
    set_facts(root / "tiny", title="Tiny", corpus={"name": "plays", "sha256": "ab" * 32})
    return root


@pytest.fixture(scope="session")
def models(folder: Path) -> Registry:
    return Registry(folder)


@pytest.fixture(scope="session")
def make(models: Registry) -> Make:
    """A request → its files, at half past nine."""
    return lambda request, **more: receipts.build(request, models, NOW, **more)
