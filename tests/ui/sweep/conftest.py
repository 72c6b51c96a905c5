"""Visitors of the Sweep part, on small models."""

from __future__ import annotations

import pytest

from tests.experiments.sweep.sweeps import save_models
from tests.ui.sweep.sweep_lab import Visitor
from textgen.models.registry import Registry


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return save_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def visitor(models: Registry) -> Visitor:
    return Visitor(models)


@pytest.fixture(scope="module")
def finished(models: Registry) -> Visitor:
    """A visitor whose sweep is done."""
    visitor = Visitor(models)
    visitor.run()
    return visitor
