"""Links to the page: what its script knows of them. The table is `textgen.link`; a tab may take fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import textgen.ui.beam.tab as beam
import textgen.ui.draws.tab as draws
import textgen.ui.generate.tab as generate
import textgen.ui.next_token.tab as next_token
from textgen.link import LONGEST, SHARED, TABS, Field
from textgen.stages import Bounds
from textgen.ui.sweep.tab import MAX_SEEDS
from textgen.validation import MAX_TEXT

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
