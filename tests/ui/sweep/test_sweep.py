"""The Sweep part: its answers, asked as the page asks them."""

from __future__ import annotations

import math

import pytest

from tests.ui.server.asked import told
from tests.ui.sweep.sweep_lab import CELL, SETTINGS, Visitor, named
from textgen.api import generate
from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.records import CellKey
from textgen.experiments.sweep.run import paired_difference, summarize
from textgen.experiments.sweep.summary import interval_text, signed_text
from textgen.models.registry import Registry
from textgen.ui.sweep.view import NO_INDEX, NO_JUDGE, ONE_TEXT, surely

NAMES = [metric.name for metric in METRICS]


# ---- running


def test_a_sweep_tells_how_far_it_is_and_ends_complete(visitor: Visitor) -> None:
    messages = visitor.run()
    written = [message["written"] for message in messages]
    assert written == sorted(written)
    assert written[0] == 0
    last = messages[-1]
    assert (last["written"], last["total"], last["texts"], last["done"]) == (570, 570, 19, "complete")
    assert not any("done" in message for message in messages[:-1])
    assert len(visitor.store.get(visitor.run_id).texts) == 19


def test_results_come_before_the_end(visitor: Visitor) -> None:
    versions = [(message["version"], message["texts"]) for message in visitor.messages(seeds=[*range(30)])]
    known = dict(versions)
    assert len(known) >= 4  # 181 texts are three jobs, and nothing
    assert known[0] == 0
    assert known[1] < 181 == known[max(known)]


def test_what_was_finished_stays_when_it_is_stopped(visitor: Visitor) -> None:
    messages = visitor.messages(seeds=[*range(30)])
    seen = next(message for message in messages if message["texts"])
    messages.close()  # type: ignore[attr-defined]
    assert len(visitor.store.get(visitor.run_id).texts) == seen["texts"] < 181
    facts = visitor.look()["facts"]
    assert (facts["texts"], facts["of"], facts["complete"]) == (seen["texts"], 181, False)


def test_line_breaks_in_prompts_and_several_models(visitor: Visitor, models: Registry) -> None:
    visitor.run(models=["chars", "names"], prompts=["Tab\r\na", ""], strategies={"plain": {}}, seeds=[0])
    texts = visitor.texts(prompt=0, strategy=0)["texts"]
    assert texts[0]["text"] == generate(models.get("chars"), "Tab\na", seed=0, length=30).text
    assert visitor.look()["facts"]["prompts"] == ["“Tab⏎a”", "the start of a text"]


def test_settings_of_ones_own_are_swept_through_the_temperatures(visitor: Visitor, models: Registry) -> None:
    visitor.run(strategies={"mine": {"temperature": 1, "top_k": 2}}, seeds=[0])
    for place, temperature in enumerate((0.5, 1, 3)):
        (text,) = visitor.texts(strategy=0, temperature=place)["texts"]
        expected = generate(models.get("chars"), "Tab", seed=0, length=30, temperature=temperature, top_k=2)
        assert text["text"] == expected.text


def test_a_request_may_ask_for_the_first_texts_alone(visitor: Visitor) -> None:
    messages = list(told(visitor.part.run({"request": {"settings": SETTINGS, "texts": 4}})))
    assert len(visitor.store.get(messages[-1]["run"]).texts) == 4


def test_a_prompt_with_unknown_letters_gets_a_note(visitor: Visitor) -> None:
    visitor.run(prompts=["Tab ξ"], seeds=[0])
    assert any("ξ" in note for note in visitor.look()["facts"]["notes"])


# ---- what is shown


def test_charts_and_tables_hold_the_means(finished: Visitor) -> None:
    shown = finished.look()
    result = finished.store.get(finished.run_id)
    cells = {cell.key: cell for cell in summarize(result)}
    assert [line["name"] for line in shown["lines"]] == ["greedy", "plain", "top-k 40"]
    for m, name in enumerate(NAMES):
        for line, strategy in enumerate(("greedy", "plain", "top-k 40")):
            found = [cells[CellKey("chars", "Tab", strategy, t)].metrics[name] for t in (0.5, 1, 3)]
            assert shown["numbers"][m][line] == [interval_text(value) for value in found]
            measured = [value.mean for value in found if not math.isnan(value.mean)]
            drawn = shown["charts"][m]["data"][2 * line + 1]
            assert drawn["y"] == pytest.approx(measured, rel=1e-3, abs=1e-9)


def test_the_guides_table_is_measured_and_marks_the_guides_rows(visitor: Visitor) -> None:
    visitor.run(
        temperatures="0.2 0.5 0.8", strategies=named("greedy", "top-p 0.9", "top-k 40"), seeds=[*range(2)]
    )
    rows = visitor.look()["guide"]
    assert len(rows) == 9
    marked = {(row["line"], row["temperature"]) for row in rows if row["guide"]}
    assert marked == {(0, 0), (1, 1), (2, 2)}
    cells = {cell.key: cell for cell in summarize(visitor.store.get(visitor.run_id))}
    found = cells[CellKey("chars", "Tab", "top-p 0.9", 0.5)].metrics["coherence"]
    (row,) = (row for row in rows if (row["line"], row["temperature"]) == (1, 1))
    assert row["coherence"] == {"value": round(found.mean, 6), "text": interval_text(found)}


def test_models_or_prompts_as_lines(visitor: Visitor) -> None:
    visitor.run(models=["chars", "names"], prompts=["Tab", "a"], seeds=[*range(2)])
    by_model = visitor.look(lines="model", strategy=1, prompt=1)
    assert [line["name"] for line in by_model["lines"]] == ["chars", "names"]
    by_prompt = visitor.look(lines="prompt", strategy=1, model=1)
    assert [line["name"] for line in by_prompt["lines"]] == ["“Tab”", "“a”"]
    # both hold names, plain, after "a"
    assert [numbers[1] for numbers in by_model["numbers"]] == [numbers[1] for numbers in by_prompt["numbers"]]
    assert by_model["numbers"] != by_prompt["numbers"]


def test_what_was_not_measured_says_why(visitor: Visitor) -> None:
    visitor.run(models=["names"], seeds=[*range(2)])
    missing = dict(zip(NAMES, visitor.look()["missing"], strict=True))
    assert missing["surprise_elsewhere"] == NO_JUDGE
    assert missing["novelty"] == NO_INDEX
    assert missing["surprise"] == ""


def test_the_texts_of_a_point_are_those_of_generate(finished: Visitor, models: Registry) -> None:
    found = finished.texts()
    assert [text["seed"] for text in found["texts"]] == [0, 1, 2]
    for text in found["texts"]:
        record = generate(models.get("chars"), "Tab", seed=text["seed"], length=30)
        assert text["text"] == record.text
        assert text["metrics"]["surprise"] == f"{record.surprisal.mean():.2f}"


def test_greedy_is_one_text_and_says_so(finished: Visitor) -> None:
    texts = [finished.texts(strategy=0, temperature=place) for place in range(3)]
    assert texts[0]["note"] == ONE_TEXT
    assert [text["seed"] for text in texts[0]["texts"]] == [None]
    assert texts[0] == texts[1] == texts[2]


def test_the_difference_of_two_temperatures(visitor: Visitor) -> None:
    visitor.run(seeds=[*range(8)])
    rows = visitor.ask("difference", first={**CELL, "temperature": 2}, second=CELL)["rows"]
    result = visitor.store.get(visitor.run_id)
    keys = [CellKey("chars", "Tab", "plain", t) for t in (3, 1)]
    for name, row in zip(NAMES, rows, strict=True):
        assert row["text"] == signed_text(paired_difference(result, name, *keys))
    entropy = rows[NAMES.index("entropy")]
    assert entropy["sure"] == 1  # heat flattens
    assert entropy["pairs"] == 8


def test_three_pairs_are_too_few_to_be_sure(finished: Visitor) -> None:
    rows = finished.ask("difference", first={**CELL, "temperature": 2}, second=CELL)["rows"]
    assert {(row["enough"], row["sure"]) for row in rows} == {(False, 0)}


def test_greedy_differs_from_itself_by_nothing(finished: Visitor) -> None:
    cells = [{**CELL, "strategy": 0, "temperature": place} for place in (0, 2)]
    rows = finished.ask("difference", first=cells[0], second=cells[1])["rows"]
    assert {row["pairs"] for row in rows} <= {0, 1}
    assert rows[NAMES.index("surprise")] == {"text": "0.00", "pairs": 1, "enough": False, "sure": 0}


def test_a_difference_that_rounds_to_nothing_is_not_sure() -> None:
    assert surely(Interval(0.004, 0.003, 0.005, 8)) == 0
    assert surely(Interval(0.006, 0.003, 0.009, 8)) == 1
    assert surely(Interval(-0.1, -0.2, -0.05, 8)) == -1
    assert surely(Interval(0.1, -0.1, 0.3, 8)) == 0


def test_signs() -> None:
    assert signed_text(Interval(-0.125, -0.25, 0.001, 8)) == "−0.12 (−0.25 to 0.00)"
    assert signed_text(Interval(float("nan"), 0, 0, 0)) == "–"
