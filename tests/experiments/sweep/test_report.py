"""The Markdown report of a sweep."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.sweep.sweeps import save_models, swept
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.export import cells_csv
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.report import (
    SNIPPET,
    Frame,
    ModelFacts,
    cell_text,
    fenced,
    report,
    strategy_text,
    table,
)
from textgen.experiments.sweep.run import STRATEGIES, Strategy, SweepSettings, collect, plan, run, summarize
from textgen.experiments.sweep.summary import interval_text
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.stages import ORDERS

PROMPT = "Tab\n| `a` <b>"
FACTS = ModelFacts("chars", "Letters | *few*", "2.1234 nats per character", "ab" * 32)
FRAME = Frame([FACTS], "1.2.3", "2026-01-02T12:00:00+00:00", {"surprise": "charts/surprise.svg"}, "r.json")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return save_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def result(models: Registry) -> SweepResult:
    return swept(models, prompts=(PROMPT,))


@pytest.fixture(scope="module")
def text(result: SweepResult) -> str:
    return report(result, summarize(result), FRAME)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(part: str) -> list[list[str]]:
    """The cells of the tables of a section."""
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[value.strip() for value in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_it_says_what_was_asked_and_of_which_models(text: str, result: SweepResult) -> None:
    asked = dict(row for row in rows(section(text, "What was asked")) if len(row) == 2)
    assert asked["temperatures"] == "0.5, 1, 3"
    assert asked["seeds"] == "(0, 1, 5)"
    assert asked["judge"] == "none"
    assert f"{len(result.texts)} texts" in text
    assert "1.2.3, 2026-01-02T12:00:00+00:00" in text
    assert rows(section(text, "Models"))[2] == [
        "chars",
        r"Letters \| \*few\*",
        "2.1234 nats per character",
        "ab" * 32,
    ]


def test_the_guides_table_is_measured(text: str, result: SweepResult) -> None:
    part = section(text, "Temperature, strategy, coherence, creativity")
    assert "proxies" in part
    found = {tuple(row[:2]): row[2:] for row in rows(part)}
    for cell in summarize(result):
        expected = [interval_text(cell.metrics[name]) for name in ("coherence", "creativity")]
        assert found[f"{cell.key.temperature:g}", cell.key.strategy] == expected


def test_every_measured_metric_has_its_table(text: str, result: SweepResult) -> None:
    part = section(text, "Means and their 95% intervals")
    titles = re.findall(r"^\*\*(.+?)\*\*", part, re.MULTILINE)
    assert titles == [metric.title for metric in METRICS if metric.name != "surprise_elsewhere"]
    first = part.split("**Surprise**, bits/token\n")[1].split("\n\n**")[0]
    cells = {(cell.key.temperature, cell.key.strategy): cell for cell in summarize(result)}
    assert rows(first)[0][:3] == ["temperature", "greedy", "plain"]
    assert rows(first)[3][:3] == [
        "1",
        *(interval_text(cells[1.0, name].metrics["surprise"]) for name in ("greedy", "plain")),
    ]


def test_texts_stay_as_they_are_and_foreign_text_is_no_markup(text: str, result: SweepResult) -> None:
    part = section(text, "Some texts")
    greedy = next(each for each in result.texts if each.key.strategy == "greedy")
    assert fenced(greedy.text) in part
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<b>" not in outside
    assert "Tab⏎" in outside


def test_charts_and_receipt_are_named_where_they_are(text: str) -> None:
    assert "![Surprise against temperature](charts/surprise.svg)" in text
    assert "python -m textgen replay r.json" in text


def test_without_charts_or_receipt_it_names_none(result: SweepResult) -> None:
    bare = report(result, summarize(result), Frame([FACTS], "1", "now"))
    assert "## Charts" not in bare
    assert "replay" not in bare


def test_how_to_read_defines_every_metric(text: str) -> None:
    part = section(text, "How to read this")
    for metric in METRICS:
        assert cell_text(metric.definition) in part


def test_what_it_says_to_repeat_repeats_it(
    text: str, result: SweepResult, models: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = section(text, "How to repeat it")
    assert SNIPPET in part
    settings = json.loads(part.split("```json\n")[1].split("\n```")[0])
    assert SweepSettings.from_dict(settings) == result.settings
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEXTGEN_MODELS", str(models.root))
    names: dict[str, Any] = {}
    exec(SNIPPET, names)
    assert cells_csv(names["cells"]) == cells_csv(summarize(result))


def test_a_sweep_that_was_stopped_says_so(models: Registry) -> None:
    asked = swept(models, seeds=(0,)).settings
    steps = [step for step in run(plan(asked, models), models) if not step.texts]
    stopped = report(collect(asked, steps), (), Frame([FACTS], "1", "now"))
    assert f"It was stopped: {asked.texts} were asked for." in stopped


def test_several_models_and_prompts_are_told_apart(models: Registry) -> None:
    both = swept(models, models=("chars", "names"), prompts=("Tab", ""), strategies=STRATEGIES[:2])
    text = report(both, summarize(both), FRAME)
    head = rows(section(text, "Temperature, strategy, coherence, creativity"))[0]
    assert head[:4] == ["temperature", "strategy", "model", "prompt"]
    assert "### names, the start of a text" in text


# ---- pieces of Markdown


@pytest.mark.parametrize("text", ["plain", "```\n# no heading\n```", "````", "`", "a\n\n    b"])
def test_a_fence_is_longer_than_any_within(text: str) -> None:
    first, *middle, last = fenced(text).split("\n")
    assert "\n".join(middle) == text
    assert first == f"{last}text"
    assert last not in text


def test_a_cell_is_one_line_of_text() -> None:
    assert table(("a", "b"), [("x | y\nz", "<i>*1*")]).splitlines()[2] == r"| x \| y z | &lt;i&gt;\*1\* |"


def test_a_strategy_that_is_not_ours_is_named_with_its_values() -> None:
    assert [strategy_text(strategy) for strategy in STRATEGIES[:3]] == ["greedy", "plain", "top-k 40"]
    last = DecodeSettings(top_k=8, min_p=0.1, order=ORDERS["temperature last"])
    assert strategy_text(Strategy("mine", last)) == "mine (top-k 8, min-p 0.1, temperature last)"
    assert strategy_text(Strategy("plain", DecodeSettings(top_k=2))) == "plain (top-k 2)"
    assert strategy_text(Strategy("mine", DecodeSettings())) == "mine (all stages off)"
    assert strategy_text(Strategy("mine", DecodeSettings(temperature=0), beams=3)) == "mine (greedy, 3 beams)"
