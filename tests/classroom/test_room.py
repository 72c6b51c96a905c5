"""A class's room: joining, voting once a turn, the steps of a round, and what is refused."""

from __future__ import annotations

import pytest

from textgen.classroom.room import CODE, LETTERS, MOST_DEVICES, Room, device_in, new_code, read_code
from textgen.classroom.rounds import Answer, Question, RoomError, bins
from textgen.classroom.throttle import Throttle

TRUTH = {"bars": [0.5, 0.25, 0.25]}
TOKEN = Question("token", Answer("choice", 3), {"labels": ["e", "a", "o"]}, TRUTH)


def room_of(n: int, question: Question = TOKEN) -> Room:
    """A room with devices d1 … dn and an open round."""
    room = Room.open("CDFHJK", "key", 0.0)
    for number in range(1, n + 1):
        room = room.joined(f"d{number}")
    return room.ask(question, 10.0)


def refused(reason: str) -> pytest.RaisesExc[RoomError]:
    return pytest.RaisesExc(RoomError, check=lambda error: error.setting == f"class.refused.{reason}")


def test_a_code_has_letters_that_cannot_be_confused() -> None:
    assert not set(LETTERS) & set("AEIOU0158LSBZGQNUV")
    assert len(new_code()) == CODE
    assert read_code(" cdf hjk ") == "CDFHJK"
    for wrong in ("CDFHJ", "CDFHJA", "<b>xx</b>", "C" * 100_000, None, 7):
        with refused("code") as caught:
            read_code(wrong)
        assert len(str(caught.value)) < 150


def test_a_device_means_nothing_in_another_room() -> None:
    assert device_in("CDFHJK", "x" * 20) != device_in("CDFHJM", "x" * 20)
    for wrong in ("short", "x" * 65, None, ["x"]):
        with refused("device"):
            device_in("CDFHJK", wrong)


def test_a_vote_twice_counts_once_and_the_tally_waits_for_the_reveal() -> None:
    room = room_of(3).voted("d1", 1, 1, 0).voted("d1", 1, 1, 0).voted("d2", 1, 1, 1)
    with refused("twice"):
        room.voted("d1", 1, 1, 2)
    assert "tallies" not in str(room.seen())
    assert "bars" not in str(room.seen())
    assert room.seen_by_teacher(12.0) == {
        **room.seen(),
        "joined": 3,
        "voted": 2,
        "rounds": 1,
        "seconds": 2.0,
        "left": 4 * 3600 - 12.0,
    }
    room = room.driven("close", 20.0)
    assert room.voted("d2", 1, 1, 1) == room  # on its way twice
    with refused("closed"):
        room.voted("d3", 1, 1, 0)
    room = room.driven("again", 30.0)
    assert room.mine("d1") == [0, None]
    room = room.voted("d1", 1, 2, 0).driven("reveal", 40.0)
    first, second = room.seen()["round"]["tallies"]
    assert (first["shares"], first["n"], first["distance"]) == ([0.5, 0.5, 0.0], 2, 0.25)
    assert (second["shares"], second["n"], second["distance"]) == ([1.0, 0.0, 0.0], 1, 0.5)
    assert room.seen()["round"]["truth"] == TRUTH


@pytest.mark.parametrize(("number", "turn"), [(2, 1), (0, 1), (1, 2), (True, 1), ("1", 1), (None, None)])
def test_a_forged_round_is_refused(number: object, turn: object) -> None:
    with refused("round"):
        room_of(1).voted("d1", number, turn, 0)


@pytest.mark.parametrize("vote", [3, -1, 0.5, True, "0", "<b>", "x" * 100_000, None, [0], {}])
def test_a_vote_that_is_none_is_refused(vote: object) -> None:
    with refused("answer") as caught:
        room_of(1).voted("d1", 1, 1, vote)
    assert len(str(caught.value)) < 200


def test_who_has_not_joined_does_not_vote_and_a_full_room_takes_nobody() -> None:
    with refused("device"):
        room_of(1).voted("d2", 1, 1, 0)
    with refused("round"):
        Room.open("CDFHJK", "key", 0.0).joined("d1").voted("d1", 1, 1, 0)
    full = room_of(MOST_DEVICES)
    assert full.joined("d1") is full
    with refused("full"):
        full.joined("one more")


def test_steps_follow_each_other() -> None:
    room = room_of(1)
    for action in ("again", "draw", None, 7, "x" * 100_000):
        with refused("phase") as caught:
            room.driven(action, 0.0)
        assert len(str(caught.value)) < 200
    twice = room.driven("close", 0.0).driven("again", 1.0).driven("close", 2.0)
    with refused("phase"):
        twice.driven("again", 3.0)
    over = twice.driven("reveal", 4.0).driven("next", 5.0)
    assert over.round is None
    assert [one.number for one in over.finished] == [1]
    assert over.ask(TOKEN, 6.0).present().number == 2


def test_keys_are_compared_by_their_hash() -> None:
    room = room_of(0)
    room.check_key("key")
    for wrong in ("", "Key", None, "k" * 100_000):
        with refused("key"):
            room.check_key(wrong)
    assert "key" not in room.key


def test_numbers_fall_into_bins_and_shares_are_averaged() -> None:
    assert bins(100)[0] == (0, 9)
    assert bins(100)[-1] == (90, 100)
    assert len(bins(100)) == 10
    assert bins(5) == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
    tally = Answer("number", 100).tally([0, 9, 35, 100])
    assert tally["median"] == 22
    assert tally["shares"][0] == 0.5
    assert tally["shares"][-1] == 0.25
    assert Answer("bars", 2).tally([[50, 50], [10, 0]])["shares"] == [0.75, 0.25]
    for wrong in ([0, 0], [1], [1, 2, 3], [101, 0], [0.5, 0.5], "ab", None):
        with refused("answer"):
            Answer("bars", 2).check(wrong)
    with refused("answer"):
        Answer("none").check(0)


def test_a_room_is_kept_and_read_to_the_last_vote() -> None:
    room = room_of(2).voted("d1", 1, 1, 2).driven("close", 11.0).driven("again", 12.0).voted("d2", 1, 2, 0)
    assert Room.from_bytes(room.to_bytes()) == room


def test_a_throttle_lets_a_burst_pass_and_forgets_the_oldest() -> None:
    throttle = Throttle(rate=1, burst=2, most=2)
    assert [throttle.take("a", now) for now in (0, 0, 0, 1, 1)] == [True, True, False, True, False]
    assert throttle.take("b", 1)
    assert throttle.take("c", 1)
    assert list(throttle.buckets) == ["b", "c"]
