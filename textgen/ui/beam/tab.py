"""The Beam search tab: a search that can be watched, on a model or on a table of one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from textgen.decoding.table_model import FIGURE_12, parse_table
from textgen.errors import TextError
from textgen.experiments.requests import BeamRequest
from textgen.experiments.requests.beam import TableSource
from textgen.settings import BeamSettings
from textgen.stages import STAGES
from textgen.text.tokenizer import visible
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.sidebar import ignoring
from textgen.validation import check_whole

if TYPE_CHECKING:
    from textgen.models.folder import Model
    from textgen.models.registry import Registry
    from textgen.ui.beam.view import Source


@dataclass(frozen=True)
class Field:
    """A whole number of the form: what a tree on a page can show."""

    name: str
    high: int
    default: int
    hint: str

    def check(self, form: dict[str, Any]) -> int:
        """The number as the page sends it. Raises SettingError."""
        value = form.get(self.name)
        return check_whole(self.name, "nothing" if value is None else value, 1, self.high, self.hint)


WIDTH = Field("width", high=8, default=3, hint="1 is greedy")
LENGTH = Field("length", high=60, default=12, hint="12 is the default")
# What the form offers, and its words. None of its stops hides the model's own.
EARLY = {"no": False, "yes": True, "never": "never"}
EARLY_WORDS = {
    "no": "when nothing better can come",
    "yes": "as soon as enough ended",
    "never": "never early",
}
STOPS = {"none": "", "line": "\n", "sentence": "."}
STOP_WORDS = {"none": "nothing", "line": "⏎", "sentence": "."}
IGNORES = ignoring(  # of the sidebar
    "A beam search keeps what is likeliest: this counts only with “beam sampling”.",
    but=("model", "context", "order", *(name for name, stage in STAGES.items() if stage.reads_history)),
)


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""

    def search(data: dict[str, Any]) -> dict[str, Any]:
        return searched(lab, data)

    LabComponent("beam", view_config(), answers={"search": search})


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "form": {
            WIDTH.name: WIDTH.default,
            LENGTH.name: LENGTH.default,
            "length_penalty": 1,
            "early": "no",
            "stop": "none",
            "sample": False,
            "table": FIGURE_12,
        },
        "highest": {field.name: field.high for field in (WIDTH, LENGTH)},
        "early": list(EARLY_WORDS.items()),
        "stops": list(STOP_WORDS.items()),
    }


def searched(lab: Laboratory, data: dict[str, Any]) -> dict[str, Any]:
    """The answer to the page: `form`, `settings`, `seed`, and `model` and `context` or else the form's table.

    Raises TextgenError.
    """
    from textgen.decoding.beam import beam_search
    from textgen.ui.beam.view import beside, view_of

    form = data["form"] if isinstance(data.get("form"), dict) else {}
    seed = lab.seed(data.get("seed"))
    typed = data.get("model") is None
    origin = (
        {"table": form.get("table")} if typed else {"model": data["model"], "prompt": data.get("context")}
    )
    request = BeamRequest.from_json({**origin, "settings": data.get("settings", {})})
    source, context, note = source_of(lab.registry, request)
    beam = beam_settings(form, seed, source)
    lab.visitors.charge(replace(request, beam=beam).cost())
    settings = request.settings.for_tokens(source.labels)
    search = beam_search(source.scorer, beam, settings, source.context)
    pieces = lab.registry.scheduler.pieces
    view = view_of(source, list(pieces(search)), pieces(beside(source, beam, settings)))
    return {
        **view,
        **context,
        "note": " ".join(filter(None, [note, view["note"]])),
        "seed": str(seed),
        "request": replace(request, beam=beam).to_json(),
    }


def source_of(registry: Registry, request: BeamRequest) -> tuple[Source, dict[str, Any], str]:
    """What is searched, its context piece by piece, and what to know about it."""
    from textgen.ui.beam.view import Source

    if isinstance(request.source, TableSource):
        table = parse_table(request.source.table)
        return Source(table, table.labels, ()), {"pieces": [], "unseen": 0}, " ".join(table.notes)
    from textgen.decoding.beam import NetScorer
    from textgen.text.context import read_context

    model = registry.get(request.source.model)
    read = read_context(model, request.source.prompt)
    pieces = [[visible(piece), known] for piece, known in read.encoded.pieces]
    scorer = NetScorer(model.writer, read.ids, model.stepper.read(model.reader, read.ids))
    source = Source(scorer, model.labels, read.ids, model.gap, tuple(sorted(model.stops)))
    note = " ".join(filter(None, [read.note, end_note(model)]))
    return source, {"pieces": pieces, "unseen": read.encoded.unseen}, note


def end_note(model: Model) -> str:
    """At what texts end, whatever the form says."""
    ends = ", ".join(model.labels[stop] for stop in sorted(model.stops))
    return f"This model's texts end at {ends}." if ends else ""


def beam_settings(form: dict[str, Any], seed: int, source: Source) -> BeamSettings:
    """The form's values as settings, within what the page can draw. Raises TextgenError."""
    stop = visible(STOPS.get(str(form.get("stop", "none")), ""))
    if str(form.get("early")) not in EARLY:
        raise TextError(f"early stopping must be one of {', '.join(EARLY)}; 'no' is the default")
    return BeamSettings(
        width=WIDTH.check(form),
        length=LENGTH.check(form),
        length_penalty=form.get("length_penalty"),  # type: ignore[arg-type]
        early_stopping=EARLY[str(form.get("early"))],
        stops=(*(i for i, label in enumerate(source.labels) if label == stop), *source.stops),
        sampling=form.get("sample") is True,
        seed=seed,
    )
