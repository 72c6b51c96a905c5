"""What is open to strangers, and what every answer carries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio import Blocks
from starlette.testclient import TestClient

from textgen.models.registry import Registry
from textgen.ui.frame.main import main
from textgen.ui.frame.page import Site, build, launch_options
from textgen.ui.service import guard
from textgen.ui.service.guard import Door

PATIENCE = 30.0  # seconds
ELSEWHERE = "https://stranger.example"
CLOSED = (
    "POST /gradio_api/upload",
    "GET /gradio_api/upload_progress?upload_id=a",
    "GET /gradio_api/file=app.py",
    "GET /gradio_api/file/app.py",
    "GET /gradio_api/proxy=https://stranger.example/",
    "GET /gradio_api/stream/a/b/1/playlist.m3u8",
    "POST /gradio_api/stream/a",
    "POST /gradio_api/run/next_token",
    "POST /gradio_api/api/next_token",
    "POST /gradio_api/call/v2/next_token",
    "POST /gradio_api/process_recording",
    "POST /gradio_api/vibe-code",
    "GET /gradio_api/vibe-code/",
    "GET /gradio_api/deep_link?session_hash=a",
    "GET /gradio_api/runs",
    "GET /monitoring",
    "GET /docs",
    "POST /login",
    "PUT /",
    "POST /",
)


@pytest.fixture(scope="module")
def app(models_folder: Path) -> Iterator[Blocks]:
    """The whole page on a tiny model, which one other site may show in a frame."""
    registry = Registry(models_folder)
    app, options = build(registry), launch_options(registry, Site(("https://school.example",)))
    app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **options)
    yield app
    app.close()


@pytest.fixture(scope="module")
def client(app: Blocks) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.local_url or "", timeout=PATIENCE) as client:
        yield client


@pytest.mark.parametrize("route", CLOSED)
def test_what_the_product_does_not_use_is_not_there(client: httpx.Client, route: str) -> None:
    """Not even its name: the answer is that of an address that never was."""
    method, address = route.split(" ", 1)
    assert client.request(method, address).status_code == 404


@pytest.fixture(scope="module")
def question(app: Blocks) -> dict[str, Any]:
    """What the page asks when it opens."""
    component = next(number for number, block in app.blocks.items() if block.elem_id == "lab-next_token")
    return {"component_id": component, "fn_name": "look", "session_hash": "a", "data": {"model": "tiny"}}


def ask(client: httpx.Client, content: Any, **headers: str) -> httpx.Response:
    """A question, sent as the page sends it, or with other headers."""
    sent = {"Content-Type": guard.JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post("/gradio_api/component_server", content=content, headers=sent)


def test_the_page_may_ask(client: httpx.Client, question: dict[str, Any]) -> None:
    body, own = json.dumps(question), str(client.base_url).rstrip("/")
    assert ask(client, body).json()["model"] == "tiny"
    assert ask(client, body, Origin=own).status_code == 200
    assert ask(client, body, Origin="null", Sec_Fetch_Site="same-origin").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_a_page_of_another_site_may_not(client: httpx.Client, headers: dict[str, str]) -> None:
    assert ask(client, "{}", **headers).status_code == 403


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (415, b"{}", "text/plain"),  # which another site may send without asking
        (415, b"--a--", "multipart/form-data; boundary=a"),
        (400, b"{", guard.JSON),
        (400, b'{"data": [NaN]}', guard.JSON),
        (400, b"[" * 100_000, guard.JSON),
        (400, b'{"data": ' + b"[" * 40 + b"]" * 40 + b"}", guard.JSON),
        (404, b'{"data": [], "component_id": 10000, "fn_name": "look", "session_hash": "a"}', guard.JSON),
        (404, b'{"data": [], "component_id": [], "fn_name": "look", "session_hash": "a"}', guard.JSON),
        (404, b"[]", guard.JSON),
        (413, b" " * (guard.LARGEST + 1), guard.JSON),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    client: httpx.Client, status: int, content: bytes, kind: str
) -> None:
    answer = ask(client, content, Content_Type=kind)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text


def test_a_body_of_no_known_length_is_bounded_too(client: httpx.Client) -> None:
    chunks = (b" " * 1_000_000 for _ in range(5))
    assert ask(client, chunks).status_code == 413


def test_half_a_character_is_one_that_no_model_knows(client: httpx.Client, question: dict[str, Any]) -> None:
    """A page may send it; no answer could."""
    data = {"model": "tiny", "context": "ba\ud800d"}
    answer = ask(client, json.dumps({**question, "data": data})).json()
    assert answer["note"] == "Left out, since the model does not know them: \ufffd."


def test_the_page_says_itself_what_it_may_run(client: httpx.Client) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script(?![^>]*src=)", answer.text)
    assert policy.count("'sha256-") == len(scripts) > 1
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert "frame-ancestors 'self' https://school.example" in policy


@pytest.mark.parametrize("address", ["/", "/lab/version", "/config", "/nothing", "/theme.css"])
def test_every_answer_carries_the_same(client: httpx.Client, address: str) -> None:
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_sessions_leave_nothing_behind(app: Blocks, client: httpx.Client, question: dict[str, Any]) -> None:
    """Gradio would keep a copy of the page's configuration for each."""
    for number in range(3):
        assert ask(client, json.dumps({**question, "session_hash": f"visitor-{number}"})).status_code == 200
    assert not app.app.state_holder.session_data


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Gradio-Server"])
def test_nobody_makes_the_page_load_from_elsewhere(client: httpx.Client, name: str) -> None:
    assert "stranger" not in client.get("/", headers={name: ELSEWHERE}).text


def test_a_door_may_take_large_files_piece_by_piece() -> None:
    """None of ours does yet."""
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def take(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(sum([len(part) async for part in request.stream()])))

    doors = [Door("POST", "/lab/upload/*", most=10, kind="")]
    app = guard.Guard(Route("/lab/upload/{name}", take, methods=["POST"]), doors)
    client = TestClient(app)
    assert client.post("/lab/upload/a", content=b"x" * 10).text == "10"
    assert client.post("/lab/upload/a", content=b"x" * 11).status_code == 413


@pytest.mark.parametrize("origin", ["example.org", "https://example.org/page", "'self'", "https://a b"])
def test_a_site_that_may_show_the_page_is_named_whole(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--embed-in", origin]) == 2
    assert "embed-in must be a site such as" in capsys.readouterr().err
