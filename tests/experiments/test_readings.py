"""A given text under a model: the numbers are those of scoring, the verdict that of the stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import textgen as lab
from textgen.cli import main
from textgen.errors import TextError
from textgen.experiments.metrics.scoring import UNKNOWN_CHARACTER_BITS, bits_per_character
from textgen.experiments.readings import PIECE
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root

SETTINGS = {"temperature": 0.7, "top_k": 4, "top_p": 0.9, "repetition_penalty": 1.3}


def test_each_token_is_what_the_next_token_tab_says_of_it(tiny: Model) -> None:
    text = "had a bad head\nTea"
    found = lab.read(tiny, text, **SETTINGS)
    assert "".join(part for part, _ in found.pieces) == text
    for place, token in enumerate(found.ids.tolist()):
        before = "\n" + text[:place]
        learned, staged = lab.next_token(tiny, before), lab.next_token(tiny, before, **SETTINGS)
        assert found.probabilities[place] == pytest.approx(learned.probabilities[token], rel=1e-4)
        assert found.decoded[place] == pytest.approx(staged.probabilities[token], rel=1e-4)
        assert found.entropy[place] == pytest.approx(learned.summary.entropy, abs=1e-4)
        assert found.top_labels[place][0] == learned.top(1)[0][0]
        removed = next((stage.name for stage in staged.trace if not stage.kept[token]), "")
        assert found.removed_by[place] == removed
    assert 0 < found.outside < 1


def test_the_bits_are_those_of_a_text_that_is_scored(tiny: Model) -> None:
    text = "Tad had a bad cab " * (PIECE // 6)  # longer than a piece, with a sign that it does not know: "c"…
    text += "zzz"
    found = lab.read(tiny, text)
    assert found.bits_per_character == pytest.approx(bits_per_character(tiny, [("\n", text)])[0], rel=1e-5)
    assert [part for part, place in found.pieces if place < 0] == ["z", "z", "z"]


def test_shares_outside_follow_from_ranks_and_what_stands_above(tiny: Model) -> None:
    found = lab.read(tiny, "a bad head had a dab")
    for k in (1, 4, 12):
        staged = lab.read(tiny, "a bad head had a dab", top_k=k)
        assert staged.outside == pytest.approx(found.outside_top_k(k))
    for p in (0.2, 0.6, 0.95):
        staged = lab.read(tiny, "a bad head had a dab", top_p=p)
        assert staged.outside == pytest.approx(found.outside_top_p(p))


def test_words_the_model_does_not_know_are_scored_as_such() -> None:
    model = Registry(default_root()).get("novels-word-lstm")
    text = "It was the zyxomma of times"
    found = lab.read(model, text)
    assert "".join(part for part, _ in found.pieces).split() == text.split()
    assert found.removed_by[found.labels.index("<unk>")] == "raw"
    assert found.bits_per_character == pytest.approx(bits_per_character(model, [("\n", text)])[0], rel=0.05)


def test_names_begin_anew_after_each_end() -> None:
    model = Registry(default_root()).get("names-gpt")
    found = lab.read(model, "emma\nemma")
    first, second = found.probabilities[:4], found.probabilities[-4:]
    np.testing.assert_allclose(first, second, rtol=1e-6)


def test_a_text_of_which_the_model_knows_nothing_costs_what_its_spelling_does(tiny: Model) -> None:
    found = lab.read(tiny, "ZZZ")
    assert (len(found.ids), found.top_probabilities.shape[0], found.outside) == (0, 0, 0)
    assert found.bits_per_character == pytest.approx(UNKNOWN_CHARACTER_BITS)
    assert [place for _, place in found.pieces] == [-1, -1, -1]


@pytest.mark.parametrize("text", ["", "a" * 20_001])
def test_no_text_and_too_much_of_it_are_refused(tiny: Model, text: str) -> None:
    with pytest.raises(TextError, match="20,000 characters"):
        lab.read(tiny, text)


def test_the_terminal_reads_a_windows_file_in_spanish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "un texto.txt"
    file.write_bytes("¿Quién está ahí?\r\nYo".encode("cp1252"))
    assert main(["read", str(file)]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert main(["read", str(file), "--encoding", "cp1252", "--top-k", "5"]) == 0
    printed = capsys.readouterr().out
    assert "19 characters" in printed
    assert "bits a character" in printed
    assert "top_k" in printed


def test_its_receipt_replays_and_takes_one_temperature(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, receipt = tmp_path / "poem.txt", str(tmp_path / "poem.json")
    file.write_text("Tyger Tyger, burning bright", encoding="utf-8")
    asked = ["read", str(file), "--top-k", "5", "--receipt", receipt]
    assert main([*asked, "-t", "0.5", "-t", "1"]) == 2
    assert "--receipt takes one temperature, got 2" in capsys.readouterr().err
    assert main([*asked, "-t", "0.5"]) == 0
    assert main(["replay", receipt]) == 0
