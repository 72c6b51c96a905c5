"""The Generate tab: up to four texts written side by side, from one prompt with one seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.errors import TextError
from textgen.plots.surprise import surprise
from textgen.ui.generate.guide import GUIDE
from textgen.ui.generate.runs import MAX_LENGTH, MAX_PANES, MAX_WIDTH, Run, checked_ids, run_from
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.model_choice import NUMBERS

if TYPE_CHECKING:
    from textgen.models.folder import Model

FIRST_TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
FIRST_LENGTH = 400  # tokens
FIRST_WIDTH = 3  # hypotheses of a beam search
NO_MODEL = (
    "Generate needs a model: typed-in numbers say nothing about the token after the next one; "
    "choose a model in the sidebar"
)
# Name, title, hint, and the temperature of its one pane where temperature has no effect.
STRATEGIES: tuple[tuple[str, str, str, float | None], ...] = (
    ("sampling", "Sampling", "Draw each token from the distribution under the settings", None),
    (
        "greedy",
        "Greedy",
        "Always take the likeliest token: one pane, since temperature and luck have no say",
        0,
    ),
    (
        "beam",
        "Beam",
        "Search for the likeliest text as a whole, keeping a few at each step; written once it is certain",
        1,
    ),
    (
        "beam_sampling",
        "Beam sampling",
        "A beam search that draws its candidates at each pane's temperature",
        None,
    ),
)


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    room = Room(lab)
    component = LabComponent(
        "generate", config(), answers={"context_at": room.context_at}, streams={"write": room.write}
    )
    component.connect(concurrency_limit=None)


def config() -> dict[str, Any]:
    """What the page needs to know once."""
    return {
        "temperatures": FIRST_TEMPERATURES,
        "length": FIRST_LENGTH,
        "width": FIRST_WIDTH,
        "maxLength": MAX_LENGTH,
        "maxPanes": MAX_PANES,
        "maxWidth": MAX_WIDTH,
        "strategies": [dict(zip(("name", "title", "hint", "alone"), one, strict=True)) for one in STRATEGIES],
        "guide": [asdict(entry) for entry in GUIDE],
        "surprise": surprise((), np.zeros(0)),
        "noModel": NO_MODEL,
    }


class Room:
    """What the page asks of the server."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab

    def write(self, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Texts that begin, go on or branch off (`runs.py`), as messages (`writing.messages`) with a head.

        Without a seed a new one is taken; it is in the head. `vocabulary`: the tokens that the page knows.
        """
        from textgen.ui.generate.writing import messages  # torch comes in with the first model

        run = run_from(self.model(data.get("model")), self.lab.seed(data.get("seed")), data)
        head = self.head(run, data.get("vocabulary"))
        for message in messages(run, self.lab.clock):
            yield {**head, **message}

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

        As JSON texts: Gradio's page copies objects, entry by entry, at every message.
        """
        from textgen.models.folder import weights_sha256
        from textgen.ui.generate import head

        facts = head.facts(run, weights_sha256(self.lab.registry.folder(run.model.name)), self.lab.now())
        names = "" if known == facts["vocabulary"] else json.dumps(head.vocabulary(run.model))
        return {"head": json.dumps(facts), "tokens": names}

    def model(self, name: Any) -> Model:
        """A model by its name. Raises TextError for typed-in numbers, ModelError for no model."""
        if name == NUMBERS:
            raise TextError(NO_MODEL)
        return self.lab.registry.get(str(name))
