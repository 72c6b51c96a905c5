"""`baseline`: n-grams on the targets that networks are scored on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from textgen.cli import main
from textgen.cli.baseline import baselines
from textgen.models.evaluation import evaluate
from textgen.nets.lstm import LSTM


def test_rows_are_fitted_on_one_part_and_scored_on_the_other() -> None:
    learned, scored = np.tile([0, 1, 2], 50), np.tile([0, 1, 2], 20)
    rows = baselines([learned], [scored], 3, vocab_size=4)
    assert [row.order for row in rows] == [1, 2, 3]
    assert rows[0].plain.perplexity > 2.5
    assert rows[1].plain.perplexity < 1.1
    assert baselines([learned], [scored[::-1].copy()], 2, vocab_size=4)[1].plain.perplexity > 20


def test_networks_are_scored_on_the_same_targets() -> None:
    documents = [np.array([1, 2, 3]), np.array([0, 1])]
    rows = baselines(documents, documents, 2, vocab_size=4)
    measured = evaluate(
        LSTM(LSTM.Sizes(4, embedding=2, hidden=2)), [torch.from_numpy(ids) for ids in documents]
    )
    assert rows[0].plain.targets == rows[1].modified.targets == measured.targets == 3


@pytest.mark.parametrize("level", ["char", "word"])
def test_command(level: str, recipe_file: Path, text_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [
        "baseline",
        str(recipe_file),
        "--corpus",
        str(text_file),
        "--set",
        f"level={level}",
        "--order",
        "3",
    ]
    assert main(argv) == 0
    printed = capsys.readouterr().out
    assert main([*argv, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    nats = [row["plain"]["nats"] for row in values["kneser_ney"]]
    assert len(nats) == 3
    assert 0 < min(nats[1:]) < nats[0]
    assert f"{values['targets']:,} predictions" in printed
    assert all(f"{loss:.4f}" in printed for loss in nats)


def test_order_out_of_range(recipe_file: Path, text_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", str(recipe_file), "--corpus", str(text_file), "--order", "0"]) == 2
    assert capsys.readouterr().err.startswith("textgen: order must be ")
