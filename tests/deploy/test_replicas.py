"""Three servers behind nginx and with Redis, by the files in deploy/: `make test-deploy`.

Each visitor stays with one server; a server that is killed, or told to end, takes nothing away from anybody.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.replicas import PATIENCE, Replicas, nginx, replicas, skip_where_not_installed
from tests.deploy.visitor import MODEL, PROMPT, Visitor, crowd
from textgen import api
from textgen.models.registry import Registry

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(600)]
CALLS = 10
CROWD, GOAL = 40, 600


@pytest.fixture(scope="module")
def lab(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    skip_where_not_installed()
    with replicas(models_folder, tmp_path_factory.mktemp("deploy")) as running:
        yield running


def queued(url: str) -> bool:
    """Whether a call that is asked for and fetched by two requests, as curl does it, is answered."""
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        client.get("/")
        event = client.post("/gradio_api/call/generate", json={"data": [MODEL, PROMPT, {}, 3, 5]}).json()
        answer = client.get(f"/gradio_api/call/generate/{event['event_id']}")
    return answer.is_success and "event: complete" in answer.text


def test_a_visitor_stays_with_one_server(lab: Replicas) -> None:
    assert all(queued(lab.url) for _ in range(CALLS))


def test_in_turn_servers_would_not_know_what_the_others_were_asked(lab: Replicas, tmp_path: Path) -> None:
    """What the line of nginx's file that keeps visitors together is for."""
    with nginx(lab.ports, tmp_path / "nginx", sticky=False) as url:
        assert not any(queued(url) for _ in range(CALLS))


def test_programs_without_cookies_stay_by_their_address(lab: Replicas) -> None:
    for _ in range(CALLS):
        data = {"data": [MODEL, PROMPT, {}, 3, 5]}
        event = httpx.post(f"{lab.url}/gradio_api/call/draw", json=data, timeout=PATIENCE).json()
        answer = httpx.get(f"{lab.url}/gradio_api/call/draw/{event['event_id']}", timeout=PATIENCE)
        assert "event: complete" in answer.text


def test_files_are_kept_and_what_is_fresh_is_not(lab: Replicas) -> None:
    page = httpx.get(f"{lab.url}/")
    files = [part.split(">")[0] for part in page.headers["Link"].split("<")[1:]]
    assert "lab_server=" in page.headers["Set-Cookie"]
    for name in files:
        answers = [httpx.get(f"{lab.url}/{name}", headers={"Accept-Encoding": "gzip"}) for _ in range(2)]
        assert answers[1].headers["X-Cache"] == ("MISS" if name.endswith("config.js") else "HIT"), name
        assert "Set-Cookie" not in answers[1].headers


def test_what_is_for_whoever_runs_the_servers_is_not_for_visitors(lab: Replicas) -> None:
    for name in ("metrics", "readyz", "healthz"):
        assert httpx.get(f"{lab.url}/{name}").status_code == 404
        assert httpx.get(f"{lab.server(0)}/{name}").status_code == 200
    large = httpx.post(f"{lab.url}/lab/stream/generate/write", content=b" " * 5_000_000)
    assert large.status_code == 413


def test_a_sweep_is_seen_by_every_server(lab: Replicas) -> None:
    settings = {"models": [MODEL], "prompts": [PROMPT], "temperatures": "1", "seeds": [0, 1], "length": 20}
    strategies = {"plain": {}}
    asked = {"request": {"settings": {**settings, "strategies": strategies}}}
    answer = httpx.post(f"{lab.url}/lab/stream/sweep/run", json=asked, timeout=PATIENCE)
    *_, last = (json.loads(line) for line in answer.text.splitlines() if line)
    assert last["done"] == "complete", last
    for number in range(3):
        found = ask(lab.server(number), "ratings", "choices", {"run": last["run"]})
        assert "problem" not in found, found


def test_draws_are_the_same_on_every_server(lab: Replicas) -> None:
    """So their counts need no place: whoever drew elsewhere goes on here."""
    asked = {"model": MODEL, "context": PROMPT, "settings": {}, "temperatures": [0.5, 1], "seed": "7"}
    view = {"drawn": 1_000, "n": 5_000, "at": 0, "page": 0}
    first, *others = [ask(lab.server(number), "draws", "draw", {**asked, **view}) for number in range(3)]
    assert first["n"] == 6_000, first
    assert others == [first, first]


def ask(url: str, room: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a server answers to a question of the page."""
    components = httpx.get(f"{url}/config", timeout=PATIENCE).json()["components"]
    (place,) = (one["id"] for one in components if one["props"].get("elem_id") == f"lab-{room}")
    body = {"component_id": place, "fn_name": name, "session_hash": "a", "data": data}
    return httpx.post(f"{url}/gradio_api/component_server/", json=body, timeout=PATIENCE).json()


def alone(models: Path, visitor: Visitor) -> list[int]:
    """The text of a visitor as the library writes it."""
    model = Registry(models).get(MODEL)
    return list(api.generate(model, PROMPT, seed=visitor.seed, length=visitor.goal).ids)


def finished(visitors: list[Visitor], models: Path) -> None:
    """All come to their end, and have what they would have had anyway."""
    for visitor in visitors:
        visitor.join(PATIENCE)
        assert visitor.ids == alone(models, visitor)


def test_a_server_that_is_told_to_end_breaks_no_text(lab: Replicas, models_folder: Path) -> None:
    before = [lab.texts(number) for number in range(3)]
    visitors = crowd(lab.url, CROWD, GOAL)
    busy = max(range(3), key=lambda number: lab.texts(number) - before[number])
    lab.servers[busy].send_signal(signal.SIGTERM)
    newcomers = crowd(lab.url, 12, 50)
    finished([*visitors, *newcomers], models_folder)
    assert sum(visitor.breaks for visitor in [*visitors, *newcomers]) == 0
    assert lab.servers[busy].wait(PATIENCE) == 0


def test_forty_visitors_keep_what_they_have_when_a_server_is_killed(
    lab: Replicas, models_folder: Path
) -> None:
    """One of the two that the test before has left."""
    visitors = crowd(lab.url, CROWD, GOAL)
    left = next(number for number, server in enumerate(lab.servers) if server.poll() is None)
    lab.servers[left].kill()
    finished(visitors, models_folder)
    assert 0 < sum(visitor.breaks > 0 for visitor in visitors) < CROWD
