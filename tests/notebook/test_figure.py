"""Records as figures and as HTML: numbers are the record's, texts are text alone, mistakes are sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textgen as lab
from textgen.api import perplexity
from textgen.errors import SettingError
from textgen.experiments.chaos.rows import ChaosSettings, chaos
from textgen.models.calibration import CalibrationCurve
from textgen.models.folder import Model
from textgen.models.log import read_log
from textgen.models.registry import Registry, default_root

PROMPT, GRID = "The ", (0.5, 1.0, 2.0)


@pytest.fixture(scope="module")
def records(tiny: Model, registry: Registry) -> dict[str, Any]:
    """One of each kind that the library returns."""
    sweep = lab.SweepSettings(
        models=("tiny",), prompts=("T", "T a"), temperatures=GRID, seeds=(0, 1), length=12
    )
    return {
        "distribution": lab.next_token(tiny, "T a", temperature=0.5, top_k=3),
        "next token": lab.predict(tiny, "T a"),
        "draws": lab.draw(tiny, "T a", temperatures=GRID, n=50),
        "search": list(lab.beam_search(tiny, "T a")),
        "text": lab.generate(tiny, "T a", length=9),
        "reading": lab.read(tiny, "a bad deed", top_k=3),
        "sweep": lab.sweep(sweep, registry),
        "chaos": chaos(tiny, "T a", ChaosSettings(temperatures=GRID, length=12)),
        "log": read_log(Path(default_root()) / "shakespeare-char-lstm" / "training_log.csv"),
        "calibration": CalibrationCurve(np.array(GRID), np.array([2.0, 1.5, 1.8])),
        "held out": perplexity(tiny, "a bad deed ha " * 3, GRID),
    }


def traces(*records: Any, model: Model | None = None) -> Any:
    """What a figure draws."""
    figure: Any = lab.plot(*records, model=model)
    return figure.data


KINDS = (
    *("distribution", "next token", "draws", "search", "text", "reading"),
    *("sweep", "chaos", "log", "calibration", "held out"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_has_a_figure_and_a_table(records: dict[str, Any], tiny: Model, kind: str) -> None:
    record = records[kind]
    figure: Any = lab.plot(record, model=tiny)
    assert sum(len(trace.y) for trace in figure.data) > 0
    assert figure.to_json()
    for one in record if isinstance(record, list) else [record]:
        shown = one._repr_html_()
        assert "<table>" in shown or "<pre" in shown
        assert "<script" not in shown


def test_panels_have_one_order_and_one_scale_and_the_records_numbers(tiny: Model) -> None:
    panels = [lab.next_token(tiny, "T a", temperature=t) for t in GRID]
    figure: Any = lab.plot(*panels)
    assert figure == lab.plot(panels)
    order = np.argsort(-panels[0].next.logits, kind="stable")
    for panel, trace in zip(panels, figure.data, strict=True):
        np.testing.assert_allclose(trace.x, panel.probabilities[order])
    axes = [figure.layout[name] for name in ("xaxis", "xaxis2", "xaxis3")]
    assert len({axis.range for axis in axes}) == 1
    assert [note.text for note in figure.layout.annotations] == ["T = 0.5", "T = 1", "T = 2"]


def test_what_a_stage_removed_is_hatched_at_its_former_length(tiny: Model) -> None:
    found = lab.next_token(tiny, "T a", top_k=3)
    (trace,) = traces(found)
    assert sum(shape == "/" for shape in trace.marker.pattern.shape) == len(found.probabilities) - 3
    assert min(trace.x) > 0


def test_draws_show_what_was_drawn(records: dict[str, Any]) -> None:
    counts = [sum(trace.x) for trace in traces(records["draws"]) if trace.customdata is not None]
    assert counts == [50, 50, 50]


def test_a_search_without_its_model_has_ids_for_labels(records: dict[str, Any], tiny: Model) -> None:
    named, numbered = (traces(records["search"], model=model)[-1].text for model in (tiny, None))
    assert len(named) == len(numbered)
    assert all(text.startswith("#") for text in numbered)


def test_markup_in_a_token_or_a_text_stays_text(records: dict[str, Any]) -> None:
    found = records["distribution"]
    labels = ("<img src=x>",) * len(found.next.labels)
    shown = replace(found, next=replace(found.next, labels=labels, model="<b>"))._repr_html_()
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "<i>" not in replace(records["text"], text="<i>", prompt="<i>")._repr_html_()


@pytest.mark.parametrize("wrong", ["text", 7, None, []])
def test_anything_else_is_refused_with_the_way_out(wrong: Any) -> None:
    with pytest.raises(SettingError, match="give what a function of textgen returned"):
        lab.plot(wrong)


def test_several_of_what_stands_alone_and_other_vocabularies_are_refused(records: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="one Draws at a time, got 2"):
        lab.plot(records["draws"], records["draws"])
    with pytest.raises(SettingError, match="records of one kind"):
        lab.plot(records["draws"], records["text"])
    with pytest.raises(SettingError, match="the same tokens"):
        lab.plot(records["distribution"], lab.next_token(lab.parse_numbers("0.7, 0.3")))
