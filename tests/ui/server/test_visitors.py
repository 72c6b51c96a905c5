"""How much of the server one visitor gets, and that others do not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.ui.classroom.tab import likeliest
from textgen.ui.draws.tab import Counting
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import ASKING, CLASS, HEADER, Lane, Visitor, Visitors

GREEDY, HONEST = Visitor("10.0.0.1", "greedy-one"), Visitor("10.0.0.2", "")


@contextmanager
def asking(visitor: Visitor) -> Iterator[None]:
    token = ASKING.set(visitor)
    yield
    ASKING.reset(token)


def test_sixty_pieces_of_work_of_one_visitor_are_one_for_the_others() -> None:
    visitors, go = Visitors(Limits()), asyncio.Event()
    begun: list[Visitor] = []
    told: list[int] = []

    async def work(visitor: Visitor) -> str:
        ASKING.set(visitor)
        try:
            with visitors.place("sweep") as turns:
                async for before in turns:
                    told.append(before)
                begun.append(visitor)
                await go.wait()
        except TextgenError as refusal:
            return str(refusal)
        return ""

    async def crowd() -> list[str]:
        jobs = [asyncio.create_task(work(GREEDY)) for _ in range(60)]
        jobs.append(asyncio.create_task(work(HONEST)))
        await asyncio.sleep(0)
        while HONEST not in begun:
            await asyncio.sleep(0)
        assert begun == [GREEDY, HONEST]
        assert told == [1, 2, 3, 4]  # who waits for oneself is told so
        go.set()
        return await asyncio.gather(*jobs)

    ends = asyncio.run(crowd())
    assert ends.count("") == 1 + 4 + 1
    assert {end for end in ends if end} == {
        "the server does 1 of this at a time for one visitor while 4 wait, and so many there are; "
        "try again when one has ended"
    }
    assert visitors.lanes == {}


def test_work_of_another_kind_does_not_wait() -> None:
    visitors = Visitors(Limits())

    async def both() -> None:
        ASKING.set(GREEDY)
        with visitors.place("sweep") as sweeps, visitors.place("text") as texts:
            assert [[before async for before in turns] for turns in (sweeps, texts)] == [[], []]

    asyncio.run(asyncio.wait_for(both(), 30))


def order(lane: Lane, *coming: Visitor) -> list[str]:
    """The names of visitors as they have their turns: they come at once, and each piece of work ends soon."""

    async def work(visitor: Visitor) -> None:
        with lane.ticket(visitor) as ticket:
            async for _ in lane.turn(ticket):
                pass
            had.append(visitor.name)
            await asyncio.sleep(0)

    async def crowd() -> None:
        await asyncio.gather(*map(work, coming))

    had: list[str] = []
    asyncio.run(crowd())
    assert lane.queue == []
    return had


def test_visitors_have_turns_and_so_have_addresses() -> None:
    one, two = Visitor("10.0.0.2", "one"), Visitor("10.0.0.2", "two")
    made_up = [Visitor("10.0.0.1", f"made-up-{number}") for number in range(30)]
    assert order(Lane(1), *[one] * 3, *[two] * 2) == ["one", "two", "one", "two", "one"]
    had = order(Lane(1), *made_up, one, two, one)
    assert had[:7] == ["made-up-0", "one", "made-up-1", "two", "made-up-2", "one", "made-up-3"]
    assert "one" in order(Lane(3), *made_up, one)[3:6]


def test_who_moves_up_is_told_each_time() -> None:
    """A stranger who comes later goes before the second piece of work of who came first."""
    lane, greedy = Lane(1), Visitor("10.0.0.1", "greedy-one")

    async def tell() -> list[int]:
        with lane.ticket(greedy), lane.ticket(greedy) as second:
            turn = lane.turn(second)
            told = [await anext(turn)]
            with lane.ticket(HONEST):
                told.append(await anext(turn))
            return [*told, await anext(turn)]

    assert asyncio.run(tell()) == [1, 2, 1]


def test_tokens_come_back_with_time() -> None:
    now = 0.0
    visitors = Visitors(Limits(visitor_tokens=600), clock=lambda: now)
    with asking(GREEDY):
        visitors.charge(100)
        visitors.charge(900)  # whoever has anything left may begin
        with pytest.raises(TextgenError, match=r"600 tokens a minute .* try again in 41 s, or with less"):
            visitors.charge(1)
        now = 41.0
        visitors.charge(1)
    with asking(HONEST):
        visitors.charge(1)
    visitors.charge(10**9)  # the terminal and the library have no visitors


def test_made_up_names_do_not_help_an_address_for_long() -> None:
    visitors = Visitors(Limits(visitor_tokens=10), clock=lambda: 0.0)
    for number in range(CLASS):
        with asking(Visitor("10.0.0.1", f"made-up-{number}")):
            visitors.charge(10)
    with asking(Visitor("10.0.0.1", "made-up-now")), pytest.raises(TextgenError, match="used up"):
        visitors.charge(1)


@pytest.mark.parametrize(
    ("name", "known"), [("abcd-1234", "abcd-1234"), ("", ""), ("*", ""), ("x" * 65, ""), ("a b c d e f", "")]
)
def test_a_name_is_one_that_a_page_makes_up(name: str, known: str) -> None:
    headers = [(HEADER.encode(), name.encode())]
    assert Visitor.of({"type": "http", "client": ("::1", 5), "headers": headers}) == Visitor("::1", known)


def test_work_that_is_stopped_gives_back_what_was_not_done() -> None:
    visitors = Visitors(Limits(visitor_tokens=100), clock=lambda: 0.0)
    with asking(GREEDY):
        charge = visitors.charge(1000)
        with pytest.raises(TextgenError, match="used up"):
            visitors.charge(1)
        charge.give_back(0.05)
        charge.give_back(0.05)  # once is enough
        visitors.charge(50)
        with pytest.raises(TextgenError, match="used up"):
            visitors.charge(1)


@pytest.mark.parametrize("question", ["bars", "a token sampled", "draws", "a token to ask a class about"])
def test_what_is_read_anew_is_counted_whoever_asks_for_it(question: str, models_folder: Path) -> None:
    """A key costs its own token; whoever sends one long context after another is told to wait."""
    lab = Laboratory(Registry(models_folder), Limits(visitor_tokens=1_000))
    asked: Any = {
        "bars": NextTokenTab(lab).look,
        "a token sampled": lambda data: NextTokenTab(lab).sample({**data, "step": 0, "settings": {}}),
        "draws": lambda data: Counting(lab).look({**data, "temperatures": [1], "drawn": 0, "n": 1, "at": 0}),
        "a token to ask a class about": lambda data: likeliest(lab, data),
    }[question]
    with asking(GREEDY):
        for letters in range(60):
            asked({"model": "tiny", "context": "a" * letters, "page": 0, "seed": 1})
        asked({"model": "tiny", "context": "b" * 950, "page": 0, "seed": 1})
        with pytest.raises(TextgenError, match="used up"):
            asked({"model": "tiny", "context": "c" * 950, "page": 0, "seed": 1})
