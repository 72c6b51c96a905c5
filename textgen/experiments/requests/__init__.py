"""One request a result: everything that determines it, checked once, the same wherever it is held.

    request = DrawsRequest.from_json({"model": "names-gpt", "context": "Ma", "temperatures": [1], "seed": 0,
                                      "n": 1000})
    request.check(registry)              # the models are there, and it is not too much work
    drawn = request.run(registry)        # a record of the result; drawn.to_json() is what a receipt holds

A request is a JSON object. Settings are `DecodeSettings` by name, and what is left out is neutral:

- distribution: model, context | numbers, numbers_kind; panels: [settings, …] (1 to 64)
- draws: the same source; settings, temperatures, seed, n
- text: model, prompt, seed, texts: [{settings, strategy, length, picks, width, legs}, …], picks: tokens
  chosen by hand as [position, id], legs: [from, goal] in tokens, of each beam search in turn
- beam: model, prompt | table; beam (`BeamSettings`), settings
- sweep: settings (`SweepSettings`), texts: how many were finished, where it was stopped
- chaos: model, prompt, temperatures, seed, length, settings
- perplexity: model, text, temperatures, window (left out: the model's own)
- reading: model, text, settings

`cost()` says how much work a request is before any of it, in tokens that nets read and step: limits of the
page, of the endpoints, of what is saved and of `replay --max-tokens` all count that.

Importing this is light: torch comes in with the first model that a request runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from textgen.errors import SettingError, shorten
from textgen.experiments.requests.base import MAX_TOKENS, Request, Result
from textgen.experiments.requests.beam import BeamRequest, PromptSource, TableSource
from textgen.experiments.requests.chaos import ChaosRequest
from textgen.experiments.requests.draws import DrawsRequest
from textgen.experiments.requests.next_token import NextTokenRequest
from textgen.experiments.requests.perplexity import PerplexityRequest
from textgen.experiments.requests.read import ReadRequest
from textgen.experiments.requests.source import ModelSource, NumbersSource, RecordSource, Source
from textgen.experiments.requests.sweep import SweepRequest
from textgen.experiments.requests.text import Segment, TextRequest, TextSpec
from textgen.validation import as_object

__all__ = [
    "KINDS",
    "MAX_TOKENS",
    "REQUESTS",
    "BeamRequest",
    "ChaosRequest",
    "DrawsRequest",
    "ModelSource",
    "NextTokenRequest",
    "NumbersSource",
    "PerplexityRequest",
    "PromptSource",
    "ReadRequest",
    "RecordSource",
    "Request",
    "Result",
    "Segment",
    "Source",
    "SweepRequest",
    "TableSource",
    "TextRequest",
    "TextSpec",
    "as_kind",
    "request_from_json",
]

REQUESTS: Mapping[str, type[Request]] = MappingProxyType(
    {
        request.kind: request
        for request in (
            NextTokenRequest,
            DrawsRequest,
            TextRequest,
            BeamRequest,
            SweepRequest,
            ChaosRequest,
            PerplexityRequest,
            ReadRequest,
        )
    }
)
KINDS = tuple(REQUESTS)


def request_from_json(data: Any) -> Request:
    """The request that a JSON object with a `kind` is. Raises SettingError."""
    return REQUESTS[as_kind(as_object("a request", data).get("kind"))].from_json(data)


def as_kind(value: Any) -> str:
    """The kind of a result."""
    if not isinstance(value, str) or value not in REQUESTS:
        raise SettingError(
            f"a result's kind must be one of {', '.join(KINDS)}, got {shorten(value)}; export it again"
        )
    return value
