"""Heavy work in processes of its own: told, stopped, lost, in turn, and the same to the last bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.ui.server import jobs
from tests.ui.server.asked import messages_of
from textgen import receipts
from textgen.errors import SettingError, TextgenError
from textgen.experiments.requests import request_from_json
from textgen.models.registry import Registry
from textgen.ui.chaos.tab import ChaosPart
from textgen.ui.saving.making import Wanted, make
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.workers import WorkerLostError, Workers

PATIENCE = 60.0  # seconds
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """An event loop, as the page's server has one."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def workers(registry: Registry) -> Iterator[Workers]:
    workers = Workers(registry, {"one": 1, "two": 2})
    yield workers
    workers.close()


@pytest.fixture
def work(portal: BlockingPortal, workers: Workers) -> Callable[..., Iterator[Any]]:
    def work(function: Any, request: Any = None, lane: str = "two", grace: float = PATIENCE) -> Iterator[Any]:
        return messages_of(portal, workers.work(lane, function, request, grace))

    return work


Work = Callable[..., Iterator[Any]]


def eventually(it_is: Callable[[], bool]) -> bool:
    """Whether something comes to be so, within the time that a test may take."""
    until = time.monotonic() + PATIENCE
    while not it_is() and time.monotonic() < until:
        time.sleep(0.005)
    return it_is()


def ended(pid: int) -> bool:
    """Whether there is no process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_work_is_done_elsewhere_with_the_same_models(work: Work, registry: Registry) -> None:
    ((request, pid, names, priority),) = work(jobs.facts, {"a": [1]})
    assert (request, names) == ({"a": [1]}, registry.names())
    assert pid != os.getpid()
    assert priority > os.getpriority(os.PRIO_PROCESS, 0)
    ((_, again, *_),) = work(jobs.facts)
    assert again == pid  # it is kept


def test_mistakes_are_sentences(work: Work) -> None:
    with pytest.raises(SettingError, match="n must be 1, got 2") as refused:
        list(work(jobs.refuse))
    assert refused.value.setting == "n"
    with pytest.raises(TextgenError, match="failed on the server, whose log says why"):
        list(work(jobs.fail))


def test_a_process_that_dies_has_a_sentence_and_is_replaced(work: Work) -> None:
    items = work(jobs.die, 3)
    pid = next(items)
    with pytest.raises(WorkerLostError, match=r"was lost \(exit status 3\).* try again"):
        next(items)
    ((_, other, *_),) = work(jobs.facts)
    assert other != pid


def test_whoever_leaves_ends_the_work_and_the_process_stays(work: Work, tmp_path: Path) -> None:
    items = work(jobs.hold, tmp_path / "ended")
    pid = next(items)
    items.close()  # type: ignore[attr-defined]
    assert (tmp_path / "ended").exists()
    ((_, other, *_),) = work(jobs.facts)
    assert other == pid


def test_work_that_does_not_hear_is_ended_with_its_process(work: Work, tmp_path: Path) -> None:
    items = work(jobs.deaf, tmp_path / "begun", grace=0.01)
    pid = next(items)
    assert eventually((tmp_path / "begun").exists)
    items.close()  # type: ignore[attr-defined]
    assert eventually(lambda: ended(pid))
    assert list(work(jobs.facts))


def test_who_waits_is_told_how_many_are_before(work: Work, tmp_path: Path) -> None:
    """One of those who wait leaves: its work never begins. The others move up."""
    first = work(jobs.until, tmp_path / "go", "one")
    assert next(first)["pid"]
    gone, last = work(jobs.hold, tmp_path / "begun", "one"), work(jobs.facts, "mine", "one")
    assert [next(gone), next(last)] == [{"before": 1}, {"before": 2}]
    gone.close()  # type: ignore[attr-defined]
    assert next(last) == {"before": 1}
    # another lane does not wait for this one
    assert next(work(jobs.facts, "theirs"))[0] == "theirs"
    (tmp_path / "go").touch()
    assert list(first) == []
    assert next(last) == {"before": 0}
    assert next(last)[0] == "mine"
    assert not (tmp_path / "begun").exists()


def test_results_are_the_same_to_the_last_bit(
    work: Work, portal: BlockingPortal, workers: Workers, registry: Registry
) -> None:
    texts = [{"settings": {"temperature": t}, "length": 40} for t in (0.5, 1, 2)]
    request = request_from_json({"kind": "text", "model": "tiny", "prompt": "abc", "seed": 5, "texts": texts})
    wanted = Wanted(request, "receipt", NOON, 10_000)
    own = receipts.build(request, registry, NOON).receipt_text()
    here = messages_of(portal, workers.here(make, wanted))
    assert [next(items)["content"] for items in (work(make, wanted), here)] == [own] * 2


def test_a_picture_of_chaos_is_the_same_from_a_worker(
    portal: BlockingPortal, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small ones are made here until a worker is ready, larger ones never."""
    lab = Laboratory(Registry(models_folder))
    data = {"model": "tiny", "prompt": "abc", "low": 0.3, "high": 2, "rows": 9, "length": 20, "settings": {}}
    data["seed"] = 5
    made: dict[str, list[Any]] = {"here": [], "work": []}
    for name, calls in made.items():
        own = getattr(lab.workers, name)
        monkeypatch.setattr(
            lab.workers, name, lambda *given, own=own, calls=calls: (calls.append(given[-1]), own(*given))[1]
        )

    def picture() -> str:
        messages = [*messages_of(portal, portal.call(ChaosPart(lab).picture, data))]
        return messages[-1]["picture"]

    first = picture()
    assert eventually(lab.workers.warm)
    assert picture() == first
    assert [len(calls) for calls in made.values()] == [1, 1]
    lab.workers.close()


PAGE = """
import sys, time
from pathlib import Path
from tests.ui.server.jobs import deaf
from textgen.ui.server.worker import Start
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.workers import Worker

worker = Worker(Start(Path(sys.argv[1]), 10**9, ahead=False))
worker.begin((deaf, Path(sys.argv[2])), bool)
print(worker.process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_over_however_the_page_ends(registry: Registry, tmp_path: Path, how: int) -> None:
    """In the middle of work that hears nothing."""
    command = [sys.executable, "-c", PAGE, str(registry.root), str(tmp_path / "begun")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as page:
        assert page.stdout
        pid = int(page.stdout.readline())
        assert eventually((tmp_path / "begun").exists)
        page.send_signal(how)
    assert eventually(lambda: ended(pid))
