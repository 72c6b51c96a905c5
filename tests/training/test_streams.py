"""Which tokens a step reads."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen.training.recipe import BatchRecipe
from textgen.training.streams import StepLoader, TokenStreams


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
