"""The app on three tiny models, one sweep at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import LabPage
from tests.browser.sweep_page import Served, fresh_form, opened, serving_sweeps, sweep_models
from textgen.models.registry import Registry


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return sweep_models(tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="session")
def served(models: Registry) -> Iterator[Served]:
    with serving_sweeps(models) as found:
        yield found


@pytest.fixture(scope="session")
def app_url(served: Served) -> str:
    return served.url


@pytest.fixture
def tab(shared_page: LabPage) -> LabPage:
    """The part with its form as the page opens; what an earlier test found may stand below it."""
    shared_page.set_sidebar()
    opened(shared_page)
    fresh_form(shared_page)
    return shared_page
