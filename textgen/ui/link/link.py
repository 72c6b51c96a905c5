"""Links to the page: what its script knows of them, and what the server makes of one for Share.

The table of their parts is `textgen.link`; the page may show less than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import segno

import textgen.ui.beam.tab as beam
import textgen.ui.draws.tab as draws
import textgen.ui.generate.tab as generate
import textgen.ui.next_token.tab as next_token
from textgen.errors import SettingError, TextgenError
from textgen.experiments.requests import BeamRequest
from textgen.experiments.requests.source import source_from
from textgen.link import LONGEST, SHARED, TABS, Field, read_link
from textgen.stages import Bounds
from textgen.text.tokenizer import visible
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sweep.tab import MAX_SEEDS
from textgen.validation import MAX_TEXT, as_text

QUIET = 4  # squares of white around a QR code
CONTEXT = 300  # pieces of a context on a worksheet, from its end
# What the page can show of it: ranges by tab and field, and how many values of a list.
ENDS: Mapping[str, Mapping[str, Bounds]] = {
    "beam": {field.name: Bounds(1, field.high) for field in (beam.WIDTH, beam.LENGTH)},
    "generate": {"text": Bounds(1, generate.MAX_WIDTH), "length": Bounds(1, generate.MAX_LENGTH)},
    "sweep": {"seeds": Bounds(1, MAX_SEEDS)},
}
MOST: Mapping[str, Mapping[str, int]] = {
    "next": {"temperatures": next_token.MAX_FIXED},
    "generate": {"text": generate.MAX_PANES},
    "draws": {"temperatures": draws.MAX_TEMPERATURES},
}


def link_config() -> dict[str, Any]:
    """What `record.js` reads and writes links by."""
    return {
        "longest": LONGEST,
        "text": MAX_TEXT,
        "shared": [field.to_dict() for field in SHARED],
        "tabs": {tab: [field.to_dict() for field in shown(tab)] for tab in TABS},
    }


def shown(tab: str) -> Iterator[Field]:
    """The fields of a tab's own form, as far as the page can show them."""
    ends, most = ENDS.get(tab, {}), MOST.get(tab, {})
    for field in TABS[tab]:
        yield replace(field, bounds=ends.get(field.name, field.bounds), most=most.get(field.name, field.most))


# ---- Share


def build(lab: Laboratory) -> None:
    """The page's head: Share, and the page for a projector."""
    answers = {"elsewhere": partial(elsewhere, lab), "qr_code": qr_code, "handout": partial(handout, lab)}
    LabComponent("head", {}, module="frame/head.js", answers=answers)


def elsewhere(lab: Laboratory, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a `link` shows as a `request`, as `python` code and as a `terminal`'s commands.

    In place of code that there is none of, "" and in `notes` the reason. Raises TextgenError.
    """
    from textgen.receipts.python import python_code  # torch comes in with the first model
    from textgen.receipts.terminal import terminal_code

    link = read_link(as_text("link", data.get("link"), LONGEST), lab.registry.names())
    request = link.request(lab.registry)
    request.check(lab.registry)
    made: dict[str, Any] = {"request": request.to_json(), "python": python_code(request), "note": ""}
    try:
        named = isinstance(request, BeamRequest) and request.beam.stops and request.models()
        labels = lab.registry.get(request.models()[0]).labels if named else ()
        return made | {"terminal": terminal_code(request, labels)}
    except TextgenError as error:
        return made | {"terminal": "", "note": str(error)}


def handout(lab: Laboratory, data: Mapping[str, Any]) -> dict[str, Any]:
    """What comes next in the state of a `link`, to be played on paper: see `textgen.lessons.handout`."""
    from textgen.lessons.handout import sheet

    link = read_link(as_text("link", data.get("link"), LONGEST), lab.registry.names())
    expectation = source_from(link.source(lab.registry)).expectation(lab.registry)
    pieces = [visible(piece) for piece, _ in expectation.context.pieces]
    return {"context": "".join(pieces[-CONTEXT:]), "sheet": sheet(expectation, link.settings)}


def qr_code(data: Mapping[str, Any]) -> dict[str, Any]:
    """A `text` as the dark squares of a QR code: an SVG path in a square of `size`, its margin included."""
    text = as_text("link", data.get("text"), LONGEST)
    try:
        code = segno.make(text, error="m", boost_error=False, micro=False)
    except segno.DataOverflowError:
        raise SettingError(
            f"a QR code holds about 2,300 characters, got {len(text):,}; shorten the context or copy the link"
        ) from None
    rows = list(code.matrix_iter(border=QUIET))
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return {"size": len(rows), "path": "".join(squares)}
