"""How much of the server one visitor gets, and that others do not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from textgen.errors import TextgenError
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import ASKING, CLASS, HEADER, Visitor, Visitors

GREEDY, HONEST = Visitor("10.0.0.1", "greedy-one"), Visitor("10.0.0.2", "")


@contextmanager
def asking(visitor: Visitor) -> Iterator[None]:
    token = ASKING.set(visitor)
    yield
    ASKING.reset(token)


def test_sixty_pieces_of_work_of_one_visitor_are_one_for_the_others() -> None:
    visitors, go = Visitors(Limits()), asyncio.Event()
    begun: list[Visitor] = []

    async def work(visitor: Visitor) -> str:
        ASKING.set(visitor)
        try:
            async with visitors.place("sweep"):
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
        async with visitors.place("sweep"), visitors.place("text"):
            pass

    asyncio.run(asyncio.wait_for(both(), 30))


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
