"""The named endpoints: what the page does, for programs (`gradio_client`, curl)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
import numpy as np
from gradio.components.api_component import Api

from textgen.errors import TextgenError
from textgen.experiments.draws.counts import check_draws
from textgen.experiments.requests import DrawsRequest, NextTokenRequest, Request, TextRequest
from textgen.experiments.sweep.settings import check_length
from textgen.models.registry import Registry
from textgen.records import Ints
from textgen.settings import DecodeSettings
from textgen.ui.server.limits import Limits
from textgen.ui.server.streams import Work
from textgen.ui.server.visitors import ASKING, Visitor, Visitors
from textgen.ui.service.sessions import forget_visitors
from textgen.validation import check_whole

MAX_TOP = 1000
Asked = TypeVar("Asked", bound=Request)
TITLE = "That cannot be done"


class Page(gr.Blocks):
    """Blocks in which a call may leave out its last values, as it may in Python: they are the defaults."""

    visitors: Visitors | None = None  # what each has of the server; None: as much as they like

    @functools.cached_property
    def streams(self) -> dict[str, Work]:
        """The long work of the components on the page, by its address."""
        return {}

    @functools.cached_property
    def classrooms(self) -> list[Any]:
        """The one `Classroom` that answers the devices of classes."""
        return []

    @functools.cached_property
    def own(self) -> list[Any]:
        """The one room that takes in models of visitors, where there is one."""
        return []

    @functools.cached_property
    def trainings(self) -> list[Any]:
        """The one room that takes texts to learn from."""
        return []

    def launch(self, *args: Any, **options: Any) -> Any:
        """Serve the page; nothing is kept of visitors."""
        launched = super().launch(*args, **options)
        forget_visitors(self.app)
        return launched

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Put in what was left out. Raises gr.Error where there is no default."""
        left_out = block_fn.inputs[len(inputs) :]
        inputs.extend(block.value for block in left_out if isinstance(block, Api))
        if len(inputs) < len(block_fn.inputs):
            sentence = f"this takes {len(block_fn.inputs)} values, got {len(inputs)}; use the page's controls"
            raise gr.Error(sentence, title=TITLE, print_exception=False)


class Endpoints:
    """Plain values in, JSON out; every stage is a parameter with its neutral default."""

    def __init__(self, registry: Registry, visitors: Visitors | None = None) -> None:
        self.registry, self.visitors = registry, visitors or Visitors(Limits())

    def connect(self) -> None:
        """Name them. Writing is queued, so that a crowd shares the processor in turn."""
        gr.api(errors_as_toast(self.next_token), api_name="next_token", queue=False)
        gr.api(errors_as_toast(self.generate), api_name="generate", concurrency_limit=4)
        gr.api(errors_as_toast(self.draw), api_name="draw", queue=False)

    def next_token(
        self,
        model: str,
        context: str = "",
        settings: dict | None = None,
        top: int = 10,
        request: gr.Request | None = None,
    ) -> dict:
        """The `top` likeliest next tokens under the settings, and the distribution in four numbers."""
        top = check_whole("top", top, 1, MAX_TOP, "10 is the default")
        panels = [plain(settings)]
        asked = NextTokenRequest.from_json({"model": model, "context": context, "panels": panels})
        (found,) = self.counted(asked, request).run(self.registry).panels
        summary = found.summary
        return {
            "tokens": [
                {"id": int(i), "token": found.next.labels[i], "probability": float(found.probabilities[i])}
                for i in found.likeliest(top)
            ],
            "entropy_bits": summary.entropy,
            "effective_choices": summary.choices,
            "tokens_kept": summary.kept,
            "note": found.next.note,
            "settings": found.settings,
        }

    def generate(
        self,
        model: str,
        prompt: str = "",
        settings: dict | None = None,
        seed: int = 0,
        length: int = 200,
        request: gr.Request | None = None,
    ) -> dict:
        """Write `length` tokens after the prompt: the same text for the same seed and settings.

        `note` names what of the prompt the model does not know and has left out; "" where it read all.
        """
        text = {"settings": plain(settings), "length": check_length(length)}
        asked = TextRequest.from_json({"model": model, "prompt": prompt, "seed": seed, "texts": [text]})
        texts = self.counted(asked, request).run(self.registry)
        (written,) = texts.texts
        return {
            "text": written.text,
            "note": texts.note,
            "surprise_bits": [round(bits, 4) for bits in written.surprisal],
            "settings": text["settings"],
            "seed": asked.seed,
        }

    def draw(
        self,
        model: str,
        context: str = "",
        settings: dict | None = None,
        seed: int = 0,
        n: int = 100,
        request: gr.Request | None = None,
    ) -> dict:
        """Draw `n` next tokens under the settings.

        `counts` has how often each token came, by its id; `tokens` the same with their names, most drawn
        first. `note` names what of the context the model does not know; "" where it read all.
        """
        chosen = plain(settings)
        own = {"settings": chosen, "temperatures": [chosen["temperature"]], "seed": seed}
        asked = DrawsRequest.from_json({"model": model, "context": context, **own, "n": check_draws(n)})
        drawn = self.counted(asked, request).run(self.registry).draws
        counts = most_first(drawn.counts[0])
        return {
            "n": drawn.n,
            "seed": drawn.seed,
            "counts": {str(token): count for token, count in counts.items()},
            "tokens": [
                {"id": token, "token": drawn.labels[token], "count": count} for token, count in counts.items()
            ],
            "note": drawn.note,
            "settings": chosen,
        }

    def counted(self, asked: Asked, request: gr.Request | None) -> Asked:
        """The same, on the account of the address that it comes from. Raises TextgenError for too much."""
        asked.check(self.registry, self.visitors.limits.result_tokens)
        if request is not None and request.client:
            ASKING.set(Visitor(request.client.host, ""))
            self.visitors.charge(asked.cost())
        return asked


def plain(settings: Any) -> dict[str, Any]:
    """Settings as a JSON object, or a sentence."""
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise TextgenError(
            f"settings must be an object such as {{'top_k': 40}}, got {type(settings).__name__}"
        )
    return DecodeSettings.from_dict(settings).to_dict()


def most_first(counts: Ints) -> dict[int, int]:
    """How often each token was drawn, by its id: what was drawn at all, most first, the lower id on ties."""
    order = np.argsort(-counts, kind="stable")
    return {int(token): int(counts[token]) for token in order if counts[token]}


def errors_as_toast(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler whose mistakes reach the caller as their sentence; nothing is logged."""

    @functools.wraps(handler)
    def handling(*args: Any, **named: Any) -> Any:
        try:
            return handler(*args, **named)
        except TextgenError as error:
            raise gr.Error(str(error), title=TITLE, duration=12, print_exception=False) from None

    return handling
