"""What a coroutine's work tells, for tests that are none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from textgen.ui.server.worker import Function
from textgen.ui.server.workers import Workers

Told = AsyncGenerator[Any, None]
END = object()


def told(work: Awaitable[AsyncIterator[Any]]) -> Iterator[Any]:
    """The messages of a stream's work; it ends where the iterator is closed. Raises TextgenError."""
    with start_blocking_portal() as portal:
        yield from messages_of(portal, portal.call(awaited, work))


def messages_of(portal: BlockingPortal, messages: Any) -> Iterator[Any]:
    """What an asynchronous generator yields in the loop of a portal."""
    try:
        while (message := portal.call(anext, messages, END)) is not END:
            yield message
    finally:
        portal.call(messages.aclose)


async def as_work(messages: Any) -> Any:
    """Messages as what a coroutine gives."""
    return messages


async def awaited(work: Awaitable[Any]) -> Any:
    return await work


class Here(Workers):
    """Work that is done in the process of the tests."""

    def work(
        self, lane: str, function: Function, request: Any, grace: float = 0
    ) -> AsyncGenerator[Any, None]:
        assert lane in self.lanes
        return self.here(function, request)

    def warm(self) -> bool:
        return True
