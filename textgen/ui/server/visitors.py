"""How much of the server one visitor may have: work at the same time, work that waits, tokens a minute; and
whose turn it is where many visitors want the same.

A visitor is who sends the same id from the same address, or an address where no id comes along. Ids are free
to make up, so an address has a bound of its own, which holds a class behind one router.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from textgen.errors import TextgenError
from textgen.ui.server.limits import Limits

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


Owner = Visitor | None  # None: the terminal and the library
NOBODY = Visitor("", "")
ASKING: ContextVar[Visitor | None] = ContextVar("asking", default=None)  # whose request is being answered


@dataclass(eq=False, slots=True)
class Ticket:
    """A piece of work that waits for its turn, or has it."""

    owner: Visitor
    number: int  # in the order in which they came
    begun: bool = False


class Lane:
    """Work of one kind: so much of it at once. The rest waits, and addresses have turns, each of which goes
    round among its visitors: who has had none for the longest time is next, so that neither many requests nor
    made-up ids hold up anybody else for long.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.queue: list[Ticket] = []  # what is done, then what waits, the next first
        self.moved = asyncio.Event()
        self._count = 0  # tickets and turns so far
        self._last: dict[Visitor, int] = {}  # turn that a visitor, or an address, in the queue had last

    @contextmanager
    def ticket(self, owner: Owner = None) -> Iterator[Ticket]:
        """A place in the queue, as long as the work takes."""
        own = Ticket(owner or NOBODY, self._tick())
        self.queue.append(own)
        self._move()
        try:
            yield own
        finally:
            self.queue.remove(own)
            self._move()

    async def turn(self, ticket: Ticket) -> AsyncGenerator[int, None]:
        """How many have to end before a ticket's turn, whenever that changes: nothing where it is there."""
        told, moved = 0, self.moved
        while not ticket.begun:
            before = self.queue.index(ticket) - self.places + 1
            if before != told:
                yield before
            told = before
            await moved.wait()
            moved = self.moved
        if told:
            yield 0

    def _tick(self) -> int:
        self._count += 1
        return self._count

    def _move(self) -> None:
        """Let those begin who can, put the others into their order, and say so."""
        begun = [ticket for ticket in self.queue if ticket.begun]
        waiting = [ticket for ticket in self.queue if not ticket.begun]
        while waiting and len(begun) < self.places:
            first = self._in_turn(begun, waiting)[0]
            waiting.remove(first)
            begun.append(self._begin(first))
        self.queue = [*begun, *self._in_turn(begun, waiting)]
        here = {who for ticket in self.queue for who in (ticket.owner, address_of(ticket))}
        self._last = {who: last for who, last in self._last.items() if who in here}
        self.moved.set()
        self.moved = asyncio.Event()

    def _begin(self, ticket: Ticket) -> Ticket:
        ticket.begun = True
        self._last[ticket.owner] = self._last[address_of(ticket)] = self._tick()
        return ticket

    def _in_turn(self, begun: Sequence[Ticket], waiting: Sequence[Ticket]) -> list[Ticket]:
        """Those who wait, the next one first."""
        of_visitors = self._round(begun, sorted(waiting, key=lambda ticket: ticket.number), owner_of)
        return self._round(begun, of_visitors, address_of)

    def _round(
        self, begun: Sequence[Ticket], waiting: Sequence[Ticket], whose: Callable[[Ticket], Visitor]
    ) -> list[Ticket]:
        """One of each owner after the other, as often as there are any, what they have counted in."""
        had = Counter(whose(ticket) for ticket in begun)
        ranks: dict[Ticket, tuple[int, int]] = {}
        for ticket in waiting:
            ranks[ticket] = (had[whose(ticket)], self._last.get(whose(ticket), 0))
            had[whose(ticket)] += 1
        return sorted(waiting, key=ranks.__getitem__)


def owner_of(ticket: Ticket) -> Visitor:
    return ticket.owner


def address_of(ticket: Ticket) -> Visitor:
    """All visitors of an address."""
    return Visitor(ticket.owner.address, EVERYBODY)


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

    @contextmanager
    def place(self, kind: str) -> Iterator[AsyncGenerator[int, None]]:
        """A place for work of one kind: the visitor's once what is given has been read to its end.

        That is how many are before, whenever it changes. It raises TextgenError for too much.
        """
        with ExitStack() as places:
            yield self._turns(kind, places)

    async def _turns(self, kind: str, places: ExitStack) -> AsyncGenerator[int, None]:
        """First among what the visitor has, then among what the address has."""
        for who, times in accounts():
            lane, ticket = places.enter_context(self._ticket(who, kind, times))
            async with aclosing(lane.turn(ticket)) as turn:
                async for before in turn:
                    yield before

    @contextmanager
    def _ticket(self, who: Visitor, kind: str, times: int) -> Iterator[tuple[Lane, Ticket]]:
        """A place in the queue of a visitor, or of an address, where one is free."""
        limits = self.limits
        lane = self.lanes.setdefault((who, kind), Lane(limits.visitor_running * times))
        try:
            if len(lane.queue) >= (limits.visitor_running + limits.visitor_waiting) * times:
                raise TextgenError(
                    f"the server does {limits.visitor_running} of this at a time for one visitor while "
                    f"{limits.visitor_waiting} wait, and so many there are; try again when one has ended"
                )
            with lane.ticket(ASKING.get()) as ticket:
                yield lane, ticket
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
