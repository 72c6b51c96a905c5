"""What all processes of one server must see: values by key, in this process's memory or in Redis.

    store = open_store("memory")                      # one process; the default
    store = open_store("redis://127.0.0.1:6379/0")    # several that share what is in it
    store.put("room/7", b"open", keep=3600)           # seconds, counted from the last change

Whoever keeps something here says for how long: no value is held for good, and where memory runs short, the
one not asked for longest goes first. So every value can be gone, and every reader has a sentence for that.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textgen.errors import SettingError, TextgenError, out_of_range

if TYPE_CHECKING:
    from redis import Redis

DAY = 24 * 3600.0  # seconds
MOST_BYTES = 256_000_000  # of a process's own memory
WAIT = 2.0  # seconds that Redis may take for an answer
PREFIX = "temperature-lab/"
REDIS = re.compile(r"(redis|rediss|unix)://\S+")
EXTRA = "pip install 'temperature-lab[redis]' brings it, memory works without"

Method = TypeVar("Method", bound=Callable[..., Any])


class StoreAwayError(TextgenError):
    """The store cannot be reached now; what was asked may work a moment later."""


class Store(Protocol):
    """Values and lists of values by key. Safe to use from many threads. Each call raises StoreAwayError."""

    shared: bool  # whether other processes see it

    def get(self, key: str) -> bytes | None:
        """The value of a key, None where there is none (any more)."""
        ...

    def put(self, key: str, value: bytes, keep: float = DAY) -> None:
        """Hold a value for `keep` seconds, in place of the one before."""
        ...

    def add(self, key: str, value: bytes, keep: float = DAY) -> bool:
        """Hold a value where there is none: whether it was so. Of many who try at once, one succeeds."""
        ...

    def append(self, key: str, item: bytes, keep: float = DAY) -> int:
        """Put an item behind those of a list, which may be a new one: how many there are now."""
        ...

    def items(self, key: str, start: int = 0) -> list[bytes]:
        """The items of a list from one on, 0 the first; none where there is no list."""
        ...

    def drop(self, key: str) -> None:
        """Forget a value or a list, if there is one."""
        ...

    def check(self) -> None:
        """Raises StoreAwayError where it does not answer."""
        ...


def open_store(address: str) -> Store:
    """The store of an address: `memory`, or `redis://HOST:PORT/NUMBER`. Raises SettingError."""
    if address == "memory":
        return MemoryStore()
    if not REDIS.fullmatch(address):
        raise out_of_range("store", "memory or redis://HOST:PORT/NUMBER", address, "memory is the default")
    try:
        import redis
    except ImportError as error:
        raise SettingError(f"the store {address.split(':')[0]} needs the package redis; {EXTRA}") from error
    try:
        client = redis.Redis.from_url(
            address, socket_timeout=WAIT, socket_connect_timeout=WAIT, health_check_interval=30
        )
    except ValueError as error:
        raise SettingError(f"store must be an address that Redis can read: {error}") from error
    return RedisStore(client)


# ---- in memory


@dataclass
class Entry:
    """A value, or the items of a list, and when they go."""

    values: list[bytes] = field(default_factory=list)
    until: float = 0.0  # seconds of the store's clock

    @property
    def size(self) -> int:
        return sum(map(len, self.values))


class MemoryStore:
    """A store of this process alone."""

    shared = False

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_BYTES) -> None:
        self.clock, self.most = clock, most
        self._held: OrderedDict[str, Entry] = OrderedDict()
        self._size = 0
        self._guard = threading.RLock()

    def get(self, key: str) -> bytes | None:
        values = self.items(key)
        return values[-1] if values else None

    def put(self, key: str, value: bytes, keep: float = DAY) -> None:
        with self._guard:
            self.drop(key)
            self.append(key, value, keep)

    def add(self, key: str, value: bytes, keep: float = DAY) -> bool:
        with self._guard:
            free = not self.items(key)
            if free:
                self.put(key, value, keep)
            return free

    def append(self, key: str, item: bytes, keep: float = DAY) -> int:
        with self._guard:
            self._forget_old()
            entry = self._held.setdefault(key, Entry())
            entry.values.append(item)
            entry.until = self.clock() + keep
            self._size += len(item)
            self._held.move_to_end(key)
            while self._size > self.most and len(self._held) > 1:
                self.drop(next(iter(self._held)))
            return len(entry.values)

    def items(self, key: str, start: int = 0) -> list[bytes]:
        with self._guard:
            self._forget_old()
            if key not in self._held:
                return []
            self._held.move_to_end(key)
            return self._held[key].values[start:]

    def drop(self, key: str) -> None:
        with self._guard:
            self._size -= self._held.pop(key, Entry()).size

    def check(self) -> None:
        """It is always there."""

    def _forget_old(self) -> None:
        now = self.clock()
        for key in [key for key, entry in self._held.items() if entry.until <= now]:
            self.drop(key)


# ---- in Redis


def or_away(method: Method) -> Method:
    """A method whose failed connections are StoreAwayError."""

    @functools.wraps(method)
    def asking(*args: Any, **named: Any) -> Any:
        from redis.exceptions import RedisError

        try:
            return method(*args, **named)
        except RedisError as error:
            raise StoreAwayError(
                f"what all servers share cannot be reached ({type(error).__name__}); try again in a moment"
            ) from error

    return asking  # type: ignore[return-value]


class RedisStore:
    """A store that several processes share."""

    shared = True

    def __init__(self, client: Redis) -> None:
        self.client: Any = client  # its methods are typed for clients that answer later, too

    @or_away
    def get(self, key: str) -> bytes | None:
        return self.client.get(PREFIX + key)

    @or_away
    def put(self, key: str, value: bytes, keep: float = DAY) -> None:
        self.client.set(PREFIX + key, value, px=milliseconds(keep))

    @or_away
    def add(self, key: str, value: bytes, keep: float = DAY) -> bool:
        return bool(self.client.set(PREFIX + key, value, px=milliseconds(keep), nx=True))

    @or_away
    def append(self, key: str, item: bytes, keep: float = DAY) -> int:
        with self.client.pipeline() as both:
            both.rpush(PREFIX + key, item)
            both.pexpire(PREFIX + key, milliseconds(keep))
            return both.execute()[0]

    @or_away
    def items(self, key: str, start: int = 0) -> list[bytes]:
        return self.client.lrange(PREFIX + key, start, -1)

    @or_away
    def drop(self, key: str) -> None:
        self.client.delete(PREFIX + key)

    @or_away
    def check(self) -> None:
        self.client.ping()


def milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))
