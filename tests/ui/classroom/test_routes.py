"""The class's routes: from a session to the reveal, and what strangers may try meanwhile."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from html import unescape
from typing import Any

import pytest
from starlette.requests import Request

from tests.ui.classroom.devices import TOKEN, Devices, device_id
from textgen.classroom.room import LIFETIME, MOST_DEVICES
from textgen.classroom.rounds import RoomError
from textgen.models.registry import Registry
from textgen.ui.classroom.tab import devices_page
from textgen.ui.words import catalogue, languages

PATIENCE = 60.0  # seconds; what waits for longer waits for ever
Events = AsyncGenerator[tuple[str, Any], None]
Play = Callable[[Devices], Awaitable[None]]


@pytest.fixture
def play(registry: Registry) -> Callable[[Play], None]:
    """Run something in a session that has just been opened."""

    def playing(part: Play) -> None:
        async def session() -> None:
            devices = Devices(registry)
            await devices.open()
            await part(devices)

        asyncio.run(asyncio.wait_for(session(), PATIENCE))

    return playing


def refusal(answer: Any) -> str:
    """Why something was refused: the reason, its sentence being there and short."""
    told = answer.json()
    assert 10 < len(told["problem"]) < 300
    return told["setting"].removeprefix("class.refused.")


def test_a_round_from_the_question_to_the_votes_as_csv(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        assert (await lab.join(1))["round"] is None
        await lab.ask()
        seen = await lab.join(2)
        assert seen["round"]["asked"]["labels"][-1] == "h" or seen["round"]["asked"]["other"]
        assert seen["mine"] == [None]
        assert (await lab.vote(1, 0)).json() == {"mine": [0]}
        assert (await lab.vote(2, 1)).json() == {"mine": [1]}
        for action in ("close", "again"):
            await lab.teach("drive", action=action)
        assert (await lab.vote(2, 0, turn=2)).json() == {"mine": [1, 0]}
        assert "truth" not in (await lab.join(1))["round"]
        await lab.teach("drive", action="reveal")
        shown = (await lab.join(1))["round"]
        assert [tally["n"] for tally in shown["tallies"]] == [2, 1]
        assert sum(shown["truth"]["bars"]) == pytest.approx(1)
        rows = list(csv.reader((await lab.teach("csv")).json()["csv"].splitlines()))
        assert [row[:3] for row in rows[1:]] == [["1", "token", "1"]] * 2 + [["1", "token", "2"]]
        assert all(device_id(n) not in str(rows) for n in (1, 2))
        await lab.teach("drive", action="end")
        assert refusal(await lab.vote(1, 0)) == "none"

    play(part)


def test_streams_tell_changes_and_the_newest_slider_and_end_with_the_session(
    play: Callable[[Play], None],
) -> None:
    async def part(lab: Devices) -> None:
        heard, taught = lab.hear(device=device_id(1)), lab.hear(key=lab.session["key"])
        assert (await anext(heard))[1]["mine"] == []
        assert await anext(heard) == ("live", None)
        assert (await anext(taught))[1]["joined"] == 1
        await anext(taught)
        await lab.ask({**TOKEN, "kind": "follow"})
        for t in (0.5, 1.5, 2.5):
            await lab.teach("live", settings={"temperature": t})
        assert (await anext(heard))[1]["round"]["kind"] == "follow"
        assert (await anext(heard))[1]["temperature"] == 2.5
        await lab.ask()
        await anext(heard)
        assert (await anext(heard))[0] == "live"
        await lab.vote(1, 0, number=2)
        told = [event async for event in until(taught, lambda data: data.get("voted") == 1)]
        assert told[-1][1]["round"]["number"] == 2
        await lab.teach("drive", action="end")
        assert (await anext(heard))[0] == "ended"
        assert [name async for name, _ in heard] == []

    play(part)


async def until(events: Events, enough: Callable[[Any], bool]) -> Events:
    async for name, data in events:
        yield name, data
        if name == "room" and enough(data):
            return


HOSTILE = ["<img src=x onerror=alert(1)>", "x" * 90_000, None, 7, True, [], {}, ["a"] * 1000, "CDF\u0000HJ"]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: str(value)[:9])
def test_whatever_is_sent_the_session_goes_on(play: Callable[[Play], None], value: Any) -> None:
    async def part(lab: Devices) -> None:
        await lab.join(1)
        await lab.ask()
        good = {**lab.session, "device": device_id(1), "round": 1, "turn": 1, "vote": 0}
        fields = {
            "vote": ("code", "device", "round", "turn", "vote"),
            "ask": ("code", "key", "question"),
            "drive": ("code", "key", "action"),
            "live": ("code", "key", "settings"),
            "csv": ("code", "key"),
        }
        for name, names in fields.items():
            for one in names:
                sent = {key: good.get(key, TOKEN) for key in names} | {one: value}
                answer = await lab.post(name, **sent)
                if (one, value) == ("settings", {}):  # nothing but defaults
                    continue
                assert 400 <= answer.status_code < 500, (name, one)
                refusal(answer)
                lab.clock.now += 10  # a patient stranger
        assert (await lab.vote(1, 0)).status_code == 200

    play(part)


def test_what_is_too_large_or_no_json_or_from_elsewhere_is_refused(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        assert (await lab.post("vote", **lab.session, vote="x" * 200_000)).status_code == 413
        sent = {"url": "/class/vote", "content": b"{", "headers": {"Content-Type": "application/json"}}
        assert (await lab.client.post(**sent)).status_code == 400
        assert (await lab.client.post("/class/open", data={"a": "b"})).status_code == 415
        elsewhere = {"Origin": "https://stranger.example"}
        assert (await lab.client.post("/class/open", json={}, headers=elsewhere)).status_code == 403
        page = await lab.client.get("/class")
        assert "set-cookie" not in page.headers

    play(part)


def test_codes_and_keys_cannot_be_found_by_trying(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        await lab.join(1)
        tried = [refusal(await lab.post("csv", code="CDFHJK", key="x")) for _ in range(60)]
        assert (tried[0], tried[-1]) == ("none", "often")
        assert tried.count("none") == 40
        assert refusal(await lab.post("csv", code=lab.session["code"], key="guess")) == "often"
        assert (await lab.teach("csv")).status_code == 200  # the class at the same address goes on
        await lab.join(1)
        with pytest.raises(RoomError, match="too many wrong codes"):
            await lab.join(2)
        lab.clock.now += 60
        assert refusal(await lab.post("csv", code=lab.session["code"], key="guess")) == "key"
        assert (await lab.teach("csv")).status_code == 200

    play(part)


def test_a_flood_from_one_device_is_refused_and_others_vote(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        for device in (1, 2):
            await lab.join(device)
        await lab.ask()
        answers = [await lab.vote(1, 0) for _ in range(100)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 80
        assert (await lab.vote(2, 0)).status_code == 200
        streams = [lab.hear(device=device_id(1)) for _ in range(6)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(Exception, match="too many times"):
            await anext(lab.hear(device=device_id(1)))

    play(part)


def test_ten_thousand_joins_fill_a_session_and_break_nothing(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        full = 0
        for device in range(10_000):
            lab.clock.now += 0.1
            try:
                await lab.join(device)
            except Exception as error:
                full += "500 devices" in str(error)
        assert full == 10_000 - MOST_DEVICES
        await lab.ask()
        assert (await lab.vote(7, 0)).status_code == 200
        assert refusal(await lab.vote(9_999, 0)) == "device"

    play(part)


def test_a_session_ends_after_four_hours(play: Callable[[Play], None]) -> None:
    async def part(lab: Devices) -> None:
        lab.clock.now += LIFETIME - 1
        assert (await lab.teach("csv")).status_code == 200
        lab.clock.now += 2
        assert refusal(await lab.teach("csv")) == "none"

    play(part)


@pytest.mark.parametrize("language", languages())
def test_the_phones_page_speaks_from_its_catalogue_alone(language: str) -> None:
    headers = [(b"accept-language", language.encode())]
    page = devices_page(Request({"type": "http", "headers": headers}))
    assert f'<html lang="{language}">' in page
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    said = {unescape(text).strip() for text in re.findall(r">([^<>]+)<", bare)} - {""}
    said |= set(re.findall(r'(?:title|aria-label|placeholder|alt)="([^"]+)"', bare))
    assert said
    assert said <= set(catalogue(language).values())
