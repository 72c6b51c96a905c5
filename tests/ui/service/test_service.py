"""What whoever runs a server sees of it, and how it ends."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.conftest import save_tiny_model
from tests.deploy.replicas import free_port
from textgen.experiments.requests import TextRequest
from textgen.models.registry import Registry
from textgen.ui.service.memory import give_back
from textgen.ui.service.metrics import Metrics
from textgen.ui.service.service import ENDING, LOG, Service, Watch
from textgen.ui.service.store import MemoryStore, open_store

ROOT = Path(__file__).parents[3]
WAIT = 60.0  # seconds


@pytest.fixture
def service(registry: Registry) -> Service:
    made = Service(registry, MemoryStore(), logged=True)
    made.metrics = Metrics(made)
    return made


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A server whose every address answers."""
    route = Route("/{rest:path}", lambda _request: PlainTextResponse("done"), methods=["GET", "POST"])
    with TestClient(Starlette(routes=[route], middleware=[Middleware(Watch, service=service)])) as client:
        yield client


def test_it_is_ready_once_its_first_model_is_loaded(client: TestClient, registry: Registry) -> None:
    assert client.get("/healthz").text == "alive\n"
    assert client.get("/readyz").text == "ready\n"
    assert registry.loaded() == ["tiny"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say")
def test_free_memory_goes_back_to_the_system() -> None:
    def held() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    blocks = [bytes(60_000) for _ in range(1_000)]
    last = blocks.pop()  # above it all, so that none goes back by itself
    before = held()
    del blocks
    give_back()
    assert held() < before - 40_000_000
    assert last


def test_it_says_why_it_is_not_ready(client: TestClient, service: Service, tmp_path: Path) -> None:
    service.store = open_store("redis://127.0.0.1:1/0")
    assert "cannot be reached" in client.get("/readyz").text
    service.registry = Registry(tmp_path)
    assert "there is no model" in client.get("/readyz").text
    (save_tiny_model(tmp_path / "broken", "abc") / "model.safetensors").write_bytes(b"no")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "broken" in answer.text


def test_requests_are_counted_by_kind_whatever_strangers_ask_for(client: TestClient) -> None:
    for path in ("/", "/lab/stream/generate/write", "/lab/a/shell/dom.js", "/no", "/no2", "/no3"):
        client.post(path) if "stream" in path else client.get(path)
    page = client.get("/metrics").text
    for line in (
        'lab_requests_total{kind="page",status="200"} 1.0',
        'lab_requests_total{kind="text",status="200"} 1.0',
        'lab_requests_total{kind="other",status="200"} 3.0',
        'lab_request_seconds_count{kind="file"} 1.0',
        'lab_requests_going_on{kind="text"} 0.0',
    ):
        assert line in page
    assert "no2" not in page


def test_tokens_are_counted(client: TestClient, service: Service, models_folder: Path) -> None:
    service.registry = Registry(models_folder)
    assert "lab_tokens_total 0.0" in client.get("/metrics").text
    service.registry.share()
    asked = {"model": "tiny", "prompt": "Tab", "seed": 1, "texts": [{"length": 7}, {"length": 7}]}
    TextRequest.from_json(asked).run(service.registry)
    page = client.get("/metrics").text
    assert "lab_tokens_total 14.0" in page
    assert "lab_queue 0.0" in page


def test_metrics_are_for_those_who_want_them(client: TestClient, service: Service) -> None:
    service.metrics = None
    assert client.get("/metrics").status_code == 404


def test_the_log_holds_no_context(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOG):
        client.post("/lab/stream/generate/write?context=secret", content="secret", headers={"X-A": "secret"})
        client.get("/a%0Ab")
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("testclient POST /lab/stream/generate/write 200 ")
    assert "secret" not in first
    assert "GET /a\\nb 404" in second


def test_at_its_end_only_what_was_begun_is_answered(client: TestClient, service: Service) -> None:
    service.ending = True
    for answer in (client.get("/"), client.get("/lab/version"), client.post("/lab/stream/generate/write")):
        assert (answer.status_code, answer.text) == (503, ENDING)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/lab/a/shell/dom.js").text == "done"


def test_it_ends_when_nobody_waits_any_more_or_the_time_is_up(service: Service) -> None:
    service.begin("text")
    service.drain(0, threading.Event())
    assert service.busy  # the time is up all the same
    stop = threading.Event()
    stop.set()
    service.drain(1e9, stop)
    service.end("text")
    service.begin("heartbeat")  # a page that is open
    service.drain(1e9, threading.Event())
    assert not service.busy
    assert service.not_ready() == ENDING


def test_a_server_that_is_told_to_end_finishes_its_texts(models_folder: Path) -> None:
    """A whole process: SIGTERM in the middle of a text, which comes to its end; then it is gone, with 0."""
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--models", str(models_folder), "--metrics"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client:
            texts = [{"settings": {}, "strategy": "sampling", "ids": []}] * 4
            asked = {"model": "tiny", "prompt": "Tab", "seed": "1", "goal": 400, "texts": texts}
            with client.stream("POST", "/lab/stream/generate/write", json=asked) as answer:
                lines = answer.iter_lines()
                next(lines)
                process.send_signal(signal.SIGTERM)
                while (refused := client.post("/lab/stream/generate/write", json={})).status_code != 503:
                    pass
                assert (refused.status_code, refused.text) == (503, ENDING)
                *_, last = (json.loads(line) for line in lines if line)
            assert last["done"]
        assert process.wait(WAIT) == 0
        assert process.stderr is not None
        assert process.stderr.read().decode() == ""
