"""A text → a receipt, or a sentence that says what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from textgen.errors import shorten
from textgen.experiments.requests import as_kind
from textgen.experiments.requests.base import as_model
from textgen.receipts.records import APP, FORMAT, Receipt, ReceiptError
from textgen.validation import as_list, as_object, as_text, is_nested

MAX_RECEIPT = 200_000_000  # characters
MAX_MODELS = 1_001  # of a sweep, and its judge
MAX_DEPTH = 32  # lists and objects in each other
AGAIN = "export it again"
TOO_DEEP = f"the receipt cannot be read: it is nested too deep; {AGAIN}"


def read(text: str) -> Receipt:
    """See `receipts.read`."""
    values = parsed(text)
    if not isinstance(values, dict) or values.get("app") != APP or "receipt" not in values:
        raise ReceiptError(
            f"this is no receipt of the {APP}: {missing(values)}; give a file saved as “Receipt”"
        )
    check_format(values["receipt"])
    request = as_object("the receipt's request", values.get("request"))
    kind = as_kind(values.get("kind"))
    if request.get("kind") != kind:
        raise ReceiptError(
            f"the receipt is of the kind {kind}, its request of {shorten(request.get('kind'))}; {AGAIN}"
        )
    if not isinstance(values.get("result"), dict):
        raise ReceiptError(
            f"the receipt holds no result to compare with, got {shorten(values.get('result'))}; {AGAIN}"
        )
    return Receipt(
        format=values["receipt"],
        kind=kind,
        version=as_text("the receipt's version", values.get("version"), 60),
        time=checked_time(values.get("time")),
        weights=weights_of(values.get("models")),
        request=dict(request),
        result=values["result"],
    )


def parsed(text: str) -> Any:
    """A JSON value without infinities. Raises ReceiptError."""
    if len(text) > MAX_RECEIPT:
        raise ReceiptError(f"a receipt must be at most {MAX_RECEIPT:,} characters, got {len(text):,}")
    try:
        values = json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ReceiptError(TOO_DEEP) from error
    except ValueError as error:
        raise ReceiptError(f"the receipt cannot be read: it is not JSON ({error}); {AGAIN}") from error
    if is_nested(values, MAX_DEPTH):
        raise ReceiptError(TOO_DEEP)
    return values


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def missing(values: Any) -> str:
    if not isinstance(values, dict):
        return f"it must be a JSON object, got {shorten(values)}"
    return f"its app must be {APP} and it must have a field receipt, got {shorten(values.get('app'))}"


def check_format(value: Any) -> None:
    if type(value) is not int or value < 1:
        raise ReceiptError(
            f"a receipt's format must be a whole number from 1 to {FORMAT}, got {shorten(value)}; {AGAIN}"
        )
    if value > FORMAT:
        raise ReceiptError(
            f"this receipt is of format {shorten(value)}, and this version reads formats up to {FORMAT}; "
            f"take a newer version of the {APP}"
        )


def checked_time(value: Any) -> str:
    text = as_text("the receipt's time", value, 40)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ReceiptError(f"the receipt's time must be ISO 8601, got {shorten(text)!r}; {AGAIN}") from error
    return text


def weights_of(models: Any) -> dict[str, str]:
    """The checksum of each model. Raises ReceiptError."""
    listed = [
        as_object("a model of the receipt", model) for model in as_list("models", models, 0, MAX_MODELS)
    ]
    return {as_model("model", model.get("name")): checked_sha256(model) for model in listed}


def checked_sha256(model: Mapping[str, Any]) -> str:
    value = model.get("weights_sha256")
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise ReceiptError(
            f"weights_sha256 must be 64 digits from 0 to f, got {shorten(value)} for "
            f"{shorten(model.get('name'))}; {AGAIN}"
        )
    return value
