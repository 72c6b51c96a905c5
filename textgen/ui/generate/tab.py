"""The Generate tab: up to four texts written side by side, from one prompt with one seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.errors import TextError
from textgen.experiments.requests.read import ReadRequest
from textgen.plots.surprisal import surprisal
from textgen.settings import GUIDE, METHODS, Advice
from textgen.stages import MAX_TEMPERATURE, MIN_TEMPERATURE, PARAMETERS, as_json
from textgen.ui.generate.runs import (
    MAX_LENGTH,
    MAX_PANES,
    MAX_WIDTH,
    Run,
    checked_ids,
    facts,
    run_from,
    vocabulary,
)
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.model_choice import NUMBERS

if TYPE_CHECKING:
    from textgen.experiments.readings import ReadText
    from textgen.models.folder import Model

FIRST_TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
FIRST_LENGTH = 400  # tokens
FIRST_WIDTH = 3  # hypotheses of a beam search
NO_MODEL = (
    "Generate needs a model: typed-in numbers say nothing about the token after the next one; "
    "choose a model in the sidebar"
)
IGNORES = {"temperature": "Each text has its own temperature, which is set above it."}  # of the sidebar


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    room = Room(lab)
    answers = {"context_at": room.context_at, "read": room.read}
    LabComponent("generate", config(), answers=answers, streams={"write": room.write})


def config() -> dict[str, Any]:
    """What the page needs to know once."""
    return {
        "temperatures": FIRST_TEMPERATURES,
        "lowest": MIN_TEMPERATURE,
        "highest": MAX_TEMPERATURE,
        "length": FIRST_LENGTH,
        "width": FIRST_WIDTH,
        "maxLength": MAX_LENGTH,
        "maxPanes": MAX_PANES,
        "maxWidth": MAX_WIDTH,
        "strategies": [
            {"name": one.name, "title": one.title, "hint": one.hint, "alone": one.temperature}
            for one in METHODS.values()
        ],
        "guide": [guide_pane(advice) for advice in GUIDE],
        "surprise": surprisal((), np.zeros(0)),
        "noModel": NO_MODEL,
    }


def guide_pane(advice: Advice) -> dict[str, Any]:
    """A pane of one of the guide's four: nothing but the order of its stages comes from the sidebar."""
    strategy = advice.strategy
    return {
        "temperature": advice.temperature,
        "strategy": strategy.method,
        "expect": advice.expect,
        "changes": {
            name: as_json(getattr(strategy.settings, name)) for name in PARAMETERS if name != "temperature"
        },
        "width": strategy.beams,
    }


def shown(found: ReadText) -> dict[str, Any]:
    """A text that was read, in as few characters as the page needs."""
    return {
        "model": found.model,
        "temperature": found.settings["temperature"],
        "pieces": [[text, place] for text, place in found.pieces],
        "labels": found.labels,
        "bits": found.surprisal.round(3).tolist(),
        "entropy": found.entropy.round(3).tolist(),
        "learned": [float(f"{p:.4g}") for p in found.probabilities],
        "decoded": [float(f"{p:.4g}") for p in found.decoded],
        "ranks": found.ranks.tolist(),
        "above": found.above.round(4).tolist(),
        "removed": found.removed_by,
        "likeliest": [
            [[label, round(float(p), 4)] for label, p in zip(labels, shares, strict=True)]
            for labels, shares in zip(found.top_labels, found.top_probabilities, strict=True)
        ],
        "perCharacter": found.bits_per_character,
        "perToken": found.bits_per_token,
        "characters": found.characters,
    }


class Room:
    """What the page asks of the server."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab

    def read(self, data: dict[str, Any]) -> dict[str, Any]:
        """A given text token by token, as a model and the stages see it."""
        request = ReadRequest.from_json({name: data.get(name) for name in ("model", "text", "settings")})
        request.check(self.lab.registry)
        self.lab.visitors.charge(request.cost())
        return shown(request.run(self.lab.registry))

    def write(self, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Texts that begin, go on or branch off (`runs.py`), as messages (`writing.messages`) with a head.

        Without a seed a new one is taken; it is in the head. `vocabulary`: the tokens that the page knows.
        """
        from textgen.ui.generate.writing import messages  # torch comes in with the first model

        run = run_from(self.model(data.get("model")), self.lab.seed(data.get("seed")), data)
        self.lab.visitors.charge(run.cost)
        head = self.head(run, data.get("vocabulary"))
        for message in messages(run, self.lab.clock):
            yield {**head, **message}
            head = {}

    def context_at(self, data: dict[str, Any]) -> dict[str, Any]:
        """The context that a prompt and the ids of a text are together. Raises TextError."""
        from textgen.text.context import read_context

        model, prompt = self.model(data.get("model")), data.get("prompt", "")
        ids = checked_ids(data.get("ids"), model)
        read_context(model, prompt)  # it checks the prompt
        context = model.tokenizer.extended(prompt, ids)
        read_context(model, context)
        return {"context": context}

    def head(self, run: Run, known: Any) -> dict[str, str]:
        """What a text needs to be repeated, and the tokens' names unless the page has them.

        In the first message alone; as JSON texts.
        """
        from textgen.models.folder import weights_sha256

        found = facts(run, weights_sha256(self.lab.registry.folder(run.model.name)), self.lab.now())
        names = "" if known == found["vocabulary"] else json.dumps(vocabulary(run.model))
        return {"head": json.dumps(found), "tokens": names}

    def model(self, name: Any) -> Model:
        """A model by its name. Raises TextError for typed-in numbers, ModelError for no model."""
        if name == NUMBERS:
            raise TextError(NO_MODEL)
        return self.lab.registry.get(str(name))
