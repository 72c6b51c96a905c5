"""How much of the server one visitor may have: work at the same time, work that waits, tokens a minute.

A visitor is who sends the same id from the same address, or an address where no id comes along. Ids are free
to make up, so an address has a bound of its own, which holds a class behind one router.
"""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from textgen.errors import TextgenError
from textgen.ui.server.limits import Limits
from textgen.ui.server.workers import Lane

HEADER = "x-lab-visitor"  # the id that a page made up when it was loaded
ID = re.compile(r"[\w-]{8,64}", re.ASCII)
EVERYBODY = "*"  # at an address
CLASS = 40  # visitors that may share an address
KEPT = 20_000  # budgets; the one that was used longest ago is full again by then, or close to it
MINUTE = 60.0


class Visitor(NamedTuple):
    """Who asks."""

    address: str
    name: str  # "" where no id came along

    @classmethod
    def of(cls, scope: Scope) -> Visitor:
        """Who a request is from."""
        address, _ = scope.get("client") or ("", 0)
        name = Headers(scope=scope).get(HEADER, "")
        return cls(address, name if ID.fullmatch(name) else "")


ASKING: ContextVar[Visitor | None] = ContextVar("asking", default=None)  # whose request is being answered


@dataclass(slots=True)
class Budget:
    """Tokens that are left, and when that was so."""

    left: float
    then: float


@dataclass(slots=True)
class Charge:
    """What a piece of work was counted as, when it began."""

    budgets: tuple[tuple[Budget, int], ...]  # each with what it holds when it is full
    cost: int

    def give_back(self, done: float) -> None:
        """The work has ended, a share `done` (0..1) of it done."""
        for budget, full in self.budgets:
            budget.left = min(full, budget.left + self.cost * (1 - done))
        self.cost = 0


class Visitors:
    """Keeps account of all visitors. The places belong to the page's one event loop."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self.lanes: dict[tuple[Visitor, str], Lane] = {}
        self.budgets: OrderedDict[Visitor, Budget] = OrderedDict()

    @asynccontextmanager
    async def place(self, kind: str) -> AsyncIterator[None]:
        """A place for work of one kind, once it is the visitor's turn. Raises TextgenError for too much."""
        async with AsyncExitStack() as places:
            for who, times in accounts():
                await places.enter_async_context(self._place(who, kind, times))
            yield

    @asynccontextmanager
    async def _place(self, who: Visitor, kind: str, times: int) -> AsyncIterator[None]:
        limits = self.limits
        lane = self.lanes.setdefault((who, kind), Lane(limits.visitor_running * times))
        try:
            if len(lane.queue) >= (limits.visitor_running + limits.visitor_waiting) * times:
                raise TextgenError(
                    f"the server does {limits.visitor_running} of this at a time for one visitor while "
                    f"{limits.visitor_waiting} wait, and so many there are; try again when one has ended"
                )
            with lane.ticket() as ticket:
                async for _ in lane.turn(ticket):
                    pass
                yield
        finally:
            if not lane.queue:
                self.lanes.pop((who, kind), None)

    def charge(self, cost: int) -> Charge:
        """Count what the request that is being answered takes. Raises TextgenError for too much in a minute.

        Whoever has anything left may begin, however much it takes: the next request waits for what lacks.
        Work that is stopped gives back what was not done.
        """
        now, most = self.clock(), self.limits.visitor_tokens
        budgets = [(self._budget(who, most * times, now), most * times) for who, times in accounts()]
        for budget, full in budgets:
            if budget.left <= 0:
                seconds = math.ceil((1 - budget.left) * MINUTE / full)
                raise TextgenError(
                    f"one visitor gets {most:,} tokens a minute from this server, and they are used up; "
                    f"try again in {seconds:,} s, or with less"
                )
        for budget, _ in budgets:
            budget.left -= cost
        return Charge(tuple(budgets), cost)

    def _budget(self, who: Visitor, full: int, now: float) -> Budget:
        """What a visitor has left by now."""
        budget = self.budgets.setdefault(who, Budget(full, now))
        self.budgets.move_to_end(who)
        if len(self.budgets) > KEPT:
            self.budgets.popitem(last=False)
        budget.left = min(full, budget.left + (now - budget.then) * full / MINUTE)
        budget.then = now
        return budget


def accounts() -> list[tuple[Visitor, int]]:
    """To whom the request that is being answered counts, and how many visitors that stands for."""
    visitor = ASKING.get()
    return [(visitor, 1), (Visitor(visitor.address, EVERYBODY), CLASS)] if visitor else []
