"""Which tokens a step reads."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen.errors import TextError
from textgen.training.recipe import BatchRecipe
from textgen.training.streams import Lines, Shuffled, StepLoader, TokenStreams, Windows


def streams(tokens: int, width: int, length: int, seed: int = 0, reset: float = 0.0) -> TokenStreams:
    """Streams over ids that are their own places, so that one sees what was read."""
    return TokenStreams(
        np.arange(tokens, dtype=np.uint16), BatchRecipe("streams", width, length, reset), seed
    )


@settings(deadline=None)
@given(st.integers(2, 3000), st.integers(1, 40), st.integers(1, 90), st.integers(0, 10**6))
def test_a_pass_reads_no_place_twice_and_targets_come_one_later(
    tokens: int, width: int, length: int, seed: int
) -> None:
    made = streams(tokens, width, length, seed)
    chunks = [made.chunk(step) for step in range(made.plan.chunks)]
    read = torch.cat([chunk.inputs.flatten() for chunk in chunks])
    assert len(read.unique()) == len(read) == made.tokens_per_step * made.plan.chunks
    assert all(torch.equal(chunk.targets, chunk.inputs + 1) for chunk in chunks)
    # at most one pass's shift and one chunk a stream are left out
    assert tokens - len(read) <= (width + 1) * length + 1


def test_a_stream_goes_on_where_its_last_chunk_ended() -> None:
    made = streams(3000, 5, 20)
    for step in range(made.plan.chunks - 1):
        assert torch.equal(made.chunk(step + 1).inputs[:, 0], made.chunk(step).targets[:, -1])


def test_only_a_new_pass_starts_from_zeros_without_resets() -> None:
    made = streams(3000, 5, 20)
    fresh = [step for step in range(4 * made.plan.chunks) if made.chunk(step).fresh]
    assert fresh == [k * made.plan.chunks for k in range(4)]


def test_resets_come_as_often_as_asked_for() -> None:
    made = streams(30_000, 2, 5, reset=0.25)
    share = np.mean([made.resets(step) for step in range(2000)])
    assert abs(share - 0.25) < 0.04  # 4 standard deviations


def test_passes_are_cut_at_different_places() -> None:
    made = streams(3000, 5, 20)
    firsts = {int(made.chunk(k * made.plan.chunks).inputs[0, 0]) for k in range(30)}
    assert len(firsts) > 10


def test_processes_share_the_streams_of_a_step() -> None:
    made = streams(3000, 6, 20)
    whole, parts = made.chunk(3), [made.chunk(3, rank, 2) for rank in range(2)]
    together = torch.stack([part.inputs for part in parts], dim=1).flatten(0, 1)
    assert torch.equal(together, whole.inputs)


def test_a_loader_begins_where_a_run_left_off() -> None:
    made = streams(3000, 5, 20)
    late = list(StepLoader(made, start=7, steps=10))
    assert len(late) == 3
    assert torch.equal(late[0].inputs, made.chunk(7).inputs)


def test_windows_are_read_once_a_pass_each_with_the_token_after_it() -> None:
    made = Windows(np.arange(500, dtype=np.uint16), BatchRecipe("windows", streams=8, length=40, stride=3), 0)
    count = (500 - 40 - 1) // 3 + 1
    chunks = [made.chunk(step) for step in range(count // 8)]
    starts = torch.cat([chunk.inputs[:, 0] for chunk in chunks])
    assert len(starts.unique()) == len(starts) == count // 8 * 8
    assert (starts % 3 == 0).all()
    assert starts.tolist() != sorted(starts.tolist())
    for chunk in chunks:
        assert torch.equal(chunk.inputs, chunk.inputs[:, :1] + torch.arange(40))
        assert torch.equal(chunk.targets, chunk.inputs[:, -1] + 1)


def test_the_last_window_reaches_the_end() -> None:
    made = Windows(np.arange(44, dtype=np.uint16), BatchRecipe("windows", streams=9, length=40, stride=1), 0)
    assert sorted(made.chunk(0).targets.tolist()) == [40, 41, 42, 43]


def test_a_text_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(TextError, match="more than 40 tokens"):
        Windows(np.arange(40, dtype=np.uint16), BatchRecipe("windows", length=40), 0)


DOCUMENTS = [np.array([9, 1, 2, 9], np.uint16), np.array([9, 3, 9], np.uint16), np.arange(9, dtype=np.uint16)]


def test_lines_go_from_bos_to_bos_and_what_fills_them_up_is_no_target() -> None:
    made = Lines(DOCUMENTS[:2], BatchRecipe("lines", streams=2, length=16), 0)
    chunk = made.chunk(0)
    assert sorted(chunk.inputs.tolist()) == [[9, 1, 2], [9, 3, 9]]
    assert sorted(chunk.targets.tolist()) == [[1, 2, 9], [3, 9, -100]]
    assert chunk.fresh


def test_long_lines_are_cut_at_the_length() -> None:
    chunk = Lines(DOCUMENTS[2:], BatchRecipe("lines", streams=1, length=4), 0).chunk(0)
    assert chunk.inputs.tolist() == [[0, 1, 2, 3]]
    assert chunk.targets.tolist() == [[1, 2, 3, 4]]


def test_processes_share_the_rows_of_a_step() -> None:
    recipe = BatchRecipe("windows", streams=6, length=5)
    made = Windows(np.arange(90, dtype=np.uint16), recipe, 0)
    parts = [made.chunk(2, rank, 2) for rank in range(2)]
    together = torch.stack([part.targets for part in parts], dim=1).flatten()
    assert torch.equal(together, made.chunk(2).targets)


def test_each_pass_has_its_own_order_and_any_step_can_be_resumed() -> None:
    whole = Shuffled(10, 5, seed=3)
    passes = [np.concatenate([whole.rows(2 * k), whole.rows(2 * k + 1)]).tolist() for k in range(5)]
    assert all(sorted(order) == list(range(10)) for order in passes)
    assert len({tuple(order) for order in passes}) == 5
    assert Shuffled(10, 5, seed=3).rows(7).tolist() == passes[3][5:]
