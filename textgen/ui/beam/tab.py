"""The Beam search tab: a search that can be watched, on a model or on a table of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from textgen.decoding.table_model import FIGURE_12, parse_table
from textgen.errors import TextError, TextgenError
from textgen.models.registry import Registry
from textgen.settings import BeamSettings, check_seed, check_whole
from textgen.text.tokenizer import visible
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_object
from textgen.ui.shell.sidebar import NUMBERS, Controls, settings_from

if TYPE_CHECKING:
    from textgen.models.folder import Model
    from textgen.ui.beam.view import Source

MAX_WIDTH, MAX_LENGTH = 8, 60  # what a tree on a page can show
EARLY = {"no": False, "yes": True, "never": "never"}
STOPS = {"none": "", "line": "\n", "sentence": "."}


class BeamTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, registry: Registry, controls: Controls, new_seed: Callable[[], int]) -> None:
        self.registry, self.controls, self.new_seed = registry, controls, new_seed
        self.view = LabComponent("beam", view_config(), ("search",))

    def connect(self) -> None:
        c = self.controls
        self.view.search(
            self.search,
            [c.model, c.context, c.seed, c.lock, *c.settings],
            [self.view, c.seed],
            concurrency_limit=None,
            show_progress="hidden",
            api_visibility="private",
        )
        gr.on(
            [c.model.change, c.context.change],
            None,
            None,
            None,
            js="() => TemperatureLab.stale?.('beam')",
            api_visibility="private",
        )

    def search(self, event: gr.EventData, *values: Any) -> Any:
        """Run a search with the form that the page sent; a mistake is a sentence in the view."""
        model, context, seed, locked, *stages = values
        try:
            form = event_object(event)
            seed = check_seed(seed) if locked else self.new_seed()
            return self.found(model, context, form, seed, stages), seed
        except TextgenError as error:
            return {"problem": str(error), "numbers": model == NUMBERS}, gr.skip()

    def found(self, model: Any, context: Any, form: dict[str, Any], seed: int, stages: Any) -> dict[str, Any]:
        """The view of one search."""
        from textgen.decoding.beam import beam_search  # torch comes in with the first model
        from textgen.ui.beam.view import searched

        source, strip, note = self.source(model, context, form)
        decode = settings_from(stages)
        beam = beam_settings(form, seed, source)
        steps = list(beam_search(source.scorer, beam, decode, source.context))
        view = searched(source, steps, beam, decode)
        told = " ".join(filter(None, [note, view["note"]]))
        asked = {"table": form.get("table")} if model == NUMBERS else {"model": model, "prompt": context}
        extra = {
            "numbers": model == NUMBERS,
            "autoplay": form.get("autoplay") is True,
            "request": {"kind": "beam", **asked, "beam": beam.to_dict(), "settings": decode.to_dict()},
        }
        return {**view, **strip, **extra, "note": told}

    def source(self, model: Any, context: Any, form: dict[str, Any]) -> Any:
        """What is searched, its context piece by piece, and what to know about it."""
        from textgen.ui.beam.view import Source

        if model == NUMBERS:
            table = parse_table(form.get("table"))  # type: ignore[arg-type]
            return Source(table, table.labels, ()), {"pieces": []}, " ".join(table.notes)
        from textgen.api import read_context
        from textgen.decoding.scorer import NetScorer

        loaded = self.registry.get(str(model))
        read = read_context(loaded, context)
        pieces = [[visible(piece), known] for piece, known in read.encoded.pieces]
        scorer = NetScorer(loaded.writer, read.ids)
        found = Source(scorer, loaded.labels, read.ids, loaded.gap, tuple(sorted(loaded.stops)))
        strip = {"pieces": pieces, "unseen": read.encoded.unseen}
        return found, strip, " ".join(filter(None, [read.note, end_note(loaded)]))


def end_note(model: Model) -> str:
    """At what texts end, whatever the form says."""
    ends = ", ".join(model.labels[stop] for stop in sorted(model.stops))
    return f"This model's texts end at {ends}." if ends else ""


def beam_settings(form: dict[str, Any], seed: int, source: Source) -> BeamSettings:
    """The form's values as settings, within what the page can draw."""
    stop = visible(STOPS.get(str(form.get("stop", "none")), ""))
    if str(form.get("early")) not in EARLY:
        raise TextError(f"early stopping must be one of {', '.join(EARLY)}; 'no' is the default")
    return BeamSettings(
        width=check_whole("width", form.get("width"), 1, MAX_WIDTH, "1 is greedy"),
        length=check_whole("length", form.get("length"), 1, MAX_LENGTH, "20 is the default"),
        length_penalty=form.get("length_penalty"),  # type: ignore[arg-type]
        early_stopping=EARLY[str(form.get("early"))],
        stops=(*(i for i, label in enumerate(source.labels) if label == stop), *source.stops),
        sampling=form.get("sample") is True,
        seed=seed,
    )


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "form": {
            "width": 3,
            "length": 12,
            "length_penalty": 1,
            "early": "no",
            "stop": "none",
            "sample": False,
            "table": FIGURE_12,
        },
        "early": [
            ["no", "when nothing better can come"],
            ["yes", "as soon as enough ended"],
            ["never", "never early"],
        ],
        "stops": [["none", "nothing"], ["line", "⏎"], ["sentence", "."]],
        "maxWidth": MAX_WIDTH,
        "maxLength": MAX_LENGTH,
    }
