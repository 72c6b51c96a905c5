"""The app on three tiny models instead of the shipped ones; tests that change the folder are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.model_page import serving
from tests.ui.model.model_folders import three_models
from textgen.models.registry import Registry


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture(scope="session")
def app_url(models: Registry) -> Iterator[str]:
    with serving(models.root) as url:
        yield url
