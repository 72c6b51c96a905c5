"""The app on three tiny models, one sweep at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import LabPage
from tests.browser.sweep_page import opened, serving_sweeps, sweep_models
from textgen.models.registry import Registry


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return sweep_models(tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="session")
def app_url(models: Registry) -> Iterator[str]:
    with serving_sweeps(models) as url:
        yield url


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    return opened(lab)
