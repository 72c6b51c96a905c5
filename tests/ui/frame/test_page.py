"""The page as the server hands it out: light to build, its modules named early, nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.conftest import save_tiny_model
from textgen.models.registry import Registry
from textgen.ui.frame.page import page_config
from textgen.ui.shell import assets

HEAVY = ("torch", "plotly.graph_objects", "lightning", "transformers")


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Our files beside a page."""
    page = Route("/", lambda _request: PlainTextResponse("page"))
    routes = [page, *assets.routes(lambda: {"numbers": "</script>"})]
    with TestClient(
        Starlette(routes=routes, middleware=[Middleware(assets.PackedPage), Middleware(assets.FirstPaint)])
    ) as client:
        yield client


def test_the_page_is_built_without_what_is_slow_to_import(models_folder: Path) -> None:
    """The server answers before torch comes in, which it does while the browser starts."""
    script = f"""if True:
        import sys
        from textgen.models.registry import Registry
        from textgen.ui.frame.page import build
        build(Registry({str(models_folder)!r}))
        print([name for name in {HEAVY!r} if name in sys.modules])"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_configuration_is_made_again_where_a_model_has_changed(tmp_path: Path) -> None:
    """Until then it is the same for all; the first visitor's page asks, so that the model is loaded."""
    folder = save_tiny_model(tmp_path / "tiny", "abc")
    registry = Registry(tmp_path)
    before = page_config(registry)
    assert page_config(registry)["models"] is before["models"]
    assert not before["loaded"]
    registry.get("tiny")
    assert page_config(registry)["loaded"]
    save_tiny_model(tmp_path / "second", "abc")
    assert len(page_config(registry)["models"][0]["models"]) == 2
    (folder / "config.json").write_text("{")
    assert "cannot be read" in str(page_config(registry)["models"])


def named(client: TestClient) -> dict[str, str]:
    """What the page's header names: addresses and what they are."""
    return dict(re.findall(r"<([^>]+)>;rel=(\w+)", client.get("/").headers["Link"]))


def test_every_file_of_ours_that_the_header_names_is_served_for_good(client: TestClient) -> None:
    ours = {address for address in named(client) if address.startswith(assets.PREFIX)}
    assert set(named(client).values()) == {"modulepreload", "preload"}
    for address in ours:
        answer = client.get(f"/{address}")
        assert answer.status_code == 200
        kept = "no-cache" if address.endswith(assets.CONFIG) else "immutable"
        assert kept in answer.headers["Cache-Control"]


def test_the_header_names_what_the_first_tab_imports_and_no_more(client: TestClient) -> None:
    """What a tab that opens later needs, or a menu, is fetched then."""
    names = {address.split("/", 2)[2] for address in named(client) if address.startswith(assets.PREFIX)}
    assert {"next_token/view.js", "shell/dom.js", "server/server.js", assets.CONFIG} <= names
    assert not {"saving/files.js", "bars/chart.js", "generate/view.js"} & names


def test_gradios_own_scripts_are_named_as_they_are_built(client: TestClient) -> None:
    """They would be found one after the other; another version of Gradio may need another pattern."""
    scripts = [address for address in named(client) if address.startswith("assets/")]
    assert all((assets.GRADIO / script).is_file() for script in scripts)
    for start in ("Index-", "core-", "Blocks-", "HTML-"):
        assert any(script.startswith(f"assets/{start}") for script in scripts)


def test_the_glossary_is_kept_for_good_and_waits_until_it_is_asked_for(client: TestClient) -> None:
    answer = client.get(f"/{assets.address('glossary/glossary.json')}")
    assert answer.headers["Content-Type"] == "application/json"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.json()["terms"]["nats"]["title"] == "Nats"
    assert "glossary.json" not in client.get("/").headers["Link"]


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
def test_every_text_is_compressed_as_the_browser_takes_it(client: TestClient, coding: str) -> None:
    """Also the page itself and Gradio's files; what is compressed is the same text."""
    script = next(address for address in named(client) if address.startswith("assets/"))
    for address in ("", assets.address(assets.STYLE), script):
        answer = client.get(f"/{address}", headers={"Accept-Encoding": coding})
        assert answer.headers.get("Content-Encoding", "") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.text == client.get(f"/{address}", headers={"Accept-Encoding": ""}).text


def test_gradios_files_are_kept_for_good_where_their_names_change_with_them(client: TestClient) -> None:
    for address in (address for address in named(client) if address.startswith("assets/")):
        assert client.get(f"/{address}").headers["Cache-Control"] == assets.KEPT["Cache-Control"]
    font = client.get("/static/fonts/IBMPlexSans/IBMPlexSans-Regular.woff2")
    assert (font.headers["Content-Type"], font.headers["Cache-Control"]) == (
        "font/woff2",
        assets.A_DAY["Cache-Control"],
    )
    for name in ("assets/../index.html", "assets/nothing.js", "static/%2e%2e/index.html"):
        assert client.get(f"/{name}").status_code == 404


def test_only_the_page_has_the_header(client: TestClient) -> None:
    assert "Link" not in client.get(f"/{assets.address(assets.STYLE)}").headers


@pytest.mark.parametrize("name", ["../page.py", "frame/page.py", "%2e%2e/app.py", "next_token/", ""])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/{assets.PREFIX}/{assets.version()}/{name}").status_code == 404
