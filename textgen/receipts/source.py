"""What is expected next: of a model after a context, or typed in as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textgen import api
from textgen.models.registry import Registry
from textgen.receipts.checks import as_model, as_text
from textgen.receipts.records import ReceiptError
from textgen.records import NextToken
from textgen.text.numbers import parse_numbers

FIELDS = ("model", "context", "numbers", "numbers_kind")


def checked(request: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the source, those that were left out included."""
    if request.get("numbers") is None:
        if request.get("model") is None:
            raise ReceiptError("a request needs a model or numbers, got neither; export the result again")
        context = as_text("context", request.get("context", ""))
        return {"model": as_model(request["model"]), "context": context}
    if request.get("model") is not None:
        raise ReceiptError("numbers stand instead of a model, got both; leave one out")
    kind = as_text("numbers_kind", request.get("numbers_kind", "auto"), 20)
    return {"numbers": as_text("numbers", request["numbers"]), "numbers_kind": kind}


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    return (request["model"],) if "model" in request else ()


def expectation(request: Mapping[str, Any], registry: Registry) -> NextToken:
    """Raises TextError for numbers that are none."""
    if "numbers" in request:
        return parse_numbers(request["numbers"], request["numbers_kind"])
    return api.predict(registry.get(request["model"]), request["context"])


def code(request: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Python that makes the `expectation`: the names to import from textgen, and the lines."""
    if "numbers" in request:
        typed = f"parse_numbers({request['numbers']!r}, {request['numbers_kind']!r})"
        return ["parse_numbers"], [f"expectation = {typed}"]
    lines = [f"model = load({request['model']!r})", f"expectation = predict(model, {request['context']!r})"]
    return ["load", "predict"], lines
