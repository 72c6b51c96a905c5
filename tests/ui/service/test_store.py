"""What all processes of one server share: in memory, and in Redis where that is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.experiments.sweep.sweeps import save_models, swept
from textgen.errors import SettingError, TextError
from textgen.experiments.sweep.records import SweepResult
from textgen.ui.service.store import MemoryStore, RedisStore, Store, StoreAwayError, open_store
from textgen.ui.sweep.runs import SweepStore


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of the machine's own, without a port."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed: `make test-deploy` says how to get it")
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "socket"
    command = [server, "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    store = open_store(f"unix://{socket}")
    wait_for(store)
    yield f"unix://{socket}"
    process.terminate()
    process.wait()


def wait_for(store: Store) -> None:
    while True:
        try:
            return store.check()
        except StoreAwayError:
            continue


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    found = open_store(request.getfixturevalue("redis_address"))
    assert isinstance(found, RedisStore)
    found.client.flushall()
    return found


def test_values_are_held_and_forgotten(store: Store) -> None:
    assert store.get("a") is None
    store.put("a", b"1")
    store.put("a", b"2")
    assert store.get("a") == b"2"
    assert not store.add("a", b"3")
    store.drop("a")
    assert store.get("a") is None
    assert store.add("a", b"3")
    assert store.get("a") == b"3"


def test_lists_grow_and_are_read_from_a_place_on(store: Store) -> None:
    assert store.items("list") == []
    assert [store.append("list", item) for item in (b"x", b"y", b"z")] == [1, 2, 3]
    assert store.items("list", 1) == [b"y", b"z"]
    assert store.items("list", 3) == []


def test_what_is_not_kept_any_longer_is_gone() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    store.put("short", b"1", keep=5)
    store.append("list", b"1", keep=5)
    clock.now = 4
    store.append("list", b"2", keep=5)
    clock.now = 6
    assert store.get("short") is None
    assert store.items("list") == [b"1", b"2"]


def test_memory_is_bounded_and_the_one_not_asked_for_longest_goes_first() -> None:
    store = MemoryStore(most=25)
    store.put("a", b"0" * 10)
    store.put("b", b"0" * 10)
    store.get("a")
    store.put("c", b"0" * 10)
    assert [store.get(key) is not None for key in "abc"] == [True, False, True]


@pytest.mark.parametrize("address", ["", "Redis", "http://127.0.0.1", "redis://", "redis://h:port/0"])
def test_an_address_that_is_none_has_a_sentence(address: str) -> None:
    with pytest.raises(SettingError, match="store must be"):
        open_store(address)


def test_a_redis_that_is_away_has_a_sentence() -> None:
    with pytest.raises(StoreAwayError, match="cannot be reached"):
        open_store("redis://127.0.0.1:1/0").get("a")


# ---- sweeps that two processes share


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return swept(save_models(tmp_path_factory.mktemp("models")))


def part(result: SweepResult, texts: int) -> SweepResult:
    return SweepResult(result.settings, result.texts[:texts], result.notes, float(texts))


def sweeps(store: Store) -> SweepStore:
    store.shared = True  # a second SweepStore stands for a second process
    return SweepStore(lambda: "run", store=store)


def test_a_sweep_is_the_same_in_every_process_as_far_as_it_is(store: Store, result: SweepResult) -> None:
    writer, reader = sweeps(store), sweeps(store)
    for texts in (1, 2, len(result.texts)):
        writer.put(part(result, texts), "run")
        assert same(reader.get("run"), part(result, texts))
    assert same(sweeps(store).get("run"), part(result, len(result.texts)))


def test_a_sweep_that_the_store_has_half_forgotten_is_none(store: Store, result: SweepResult) -> None:
    writer = sweeps(store)
    writer.put(part(result, 1), "run")
    store.drop("sweep/run")
    writer.put(part(result, 2), "run")
    with pytest.raises(TextError, match="does not hold"):
        sweeps(store).get("run")
    assert writer.get("run").texts == result.texts[:2]


def test_a_sweep_goes_on_while_the_store_is_away(result: SweepResult) -> None:
    writer = SweepStore(lambda: "run", store=open_store("redis://127.0.0.1:1/0"))
    writer.put(part(result, 2), "run")
    assert writer.get("run").texts == result.texts[:2]
    with pytest.raises(StoreAwayError):
        writer.get("another")


def same(first: SweepResult, second: SweepResult) -> bool:
    """Equal to the last bit; NaN equals itself."""
    return repr(first) == repr(second) and all(
        (a.surprisal == b.surprisal).all() and (a.entropy == b.entropy).all()
        for a, b in zip(first.texts, second.texts, strict=True)
    )
