"""The Class tab, where a teacher opens a session, asks and drives; and the page that its phones load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

import numpy as np
import segno
from gradio.context import Context
from starlette.requests import Request

from textgen.experiments.requests.source import source_from
from textgen.ui.classroom.questions import MOST_GUESSED
from textgen.ui.classroom.routes import Classroom
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell import assets
from textgen.ui.shell.components import LabComponent
from textgen.ui.words import catalogue, language_for
from textgen.validation import as_text

IGNORES: Mapping[str, str] = {}  # everything in the sidebar counts here
PHONE = "classroom/phone.js"
PHONE_WORDS = ("class.", "learn.")  # how the keys of what it says begin
SHEETS = ("frame/page.css", "bars/bars.css", "classroom/style.css")
MOST_ADDRESS = 500  # characters in a QR code
LIKELIEST = 12  # tokens to ask about
# Lines of other plays than those that the shipped models learned from.
LINES = (
    "The night is long that never finds the day.",
    "Love all, trust a few, do wrong to none.",
    "We know what we are, but know not what we may be.",
    "Brevity is the soul of wit.",
)


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    page = Context.root_block
    if isinstance(page, Page):
        page.classrooms[:] = [Classroom(lab, lab.rooms)]
    config = {"lines": LINES, "mostGuessed": MOST_GUESSED}
    answers = {"qr": qr, "likeliest": partial(likeliest, lab)}
    LabComponent("classroom", config, answers=answers)


def qr(data: dict[str, Any]) -> dict[str, Any]:
    """The QR code of an address, row by row: 1 is dark."""
    text = as_text("address", data.get("address"), MOST_ADDRESS)
    return {"rows": ["".join(map(str, row)) for row in segno.make(text, micro=False).matrix]}


def likeliest(lab: Laboratory, data: dict[str, Any]) -> dict[str, Any]:
    """The likeliest next tokens of what the sidebar says: ids and labels, to ask about."""
    source = source_from(data)
    lab.charge_reading(source)
    expectation = source.expectation(lab.registry)
    ids = np.argsort(-expectation.logits, kind="stable")[:LIKELIEST].tolist()
    return {"tokens": [[token, expectation.labels[token]] for token in ids]}


def classroom_of(request: Request) -> Classroom:
    """The class's side of the page that a request goes to."""
    return request.app.get_blocks().classrooms[0]


def words_within(language: str) -> str:
    """What a phone says in a language, for `words/words.js` to find."""
    own = {key: text for key, text in catalogue(language).items() if key.startswith(PHONE_WORDS)}
    data = json.dumps(own, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="words-{language}">{data}</script>'


def devices_page(request: Request) -> str:
    """The page that a phone loads: a form that works at once, and the scripts that take its place.

    Style and words are in it, since on a slow line each file of its own costs a way there and back.
    """
    language = language_for(request.headers.get("accept-language", ""))
    words = {key: escape(text) for key, text in catalogue(language).items()}
    loads = [f'<link rel="modulepreload" href="{assets.address(name)}">' for name in assets.needed([PHONE])]
    loads += [f"<style>{assets.text_of(name)}</style>" for name in SHEETS]
    loads += [words_within(name) for name in dict.fromkeys((language, "en"))]
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{words["class.page"]}</title>
{"".join(loads)}
<script type="module" src="{assets.address(PHONE)}"></script>
</head>
<body class="class-page">
<main id="class"><h1>{words["class.page"]}</h1>
<form action="class">
<label>{words["class.code"]} <input name="code" autocomplete="off" maxlength="12"></label>
<button>{words["class.join"]}</button></form></main>
</body>
</html>
"""
