"""A receipt run again, and compared."""

from __future__ import annotations

from typing import Any

from textgen import __version__
from textgen.errors import shorten
from textgen.experiments.requests import REQUESTS, Request
from textgen.models.registry import Registry
from textgen.receipts import format_1
from textgen.receipts.building import as_json_gives_it, sha256_of
from textgen.receipts.comparing import compare
from textgen.receipts.records import FORMAT, Receipt, ReceiptError, Verdict
from textgen.stages import STAGES, as_json, completed

BEAMS_KEPT_APART = 3  # the first format whose drawn beams do not collapse
START = 12  # digits of a checksum that are shown


def replay(receipt: Receipt, registry: Registry, max_tokens: int) -> Verdict:
    """See `receipts.replay`."""
    for name, sha256 in receipt.weights.items():
        check_weights(name, sha256, registry)
    held = with_later_stages(receipt.request, receipt.format)
    request = request_class(receipt).from_json(held)
    request.check(registry, max_tokens)
    request = request.resolved(registry)
    check_known(request, receipt)
    left_out = with_later_stages(request.to_json()) != held
    content = as_json_gives_it(request.run(registry).to_json())
    return compare(with_later_stages(receipt.result, receipt.format), content, notes(receipt, left_out))


def request_class(receipt: Receipt) -> type[Request]:
    earlier = format_1.REQUESTS if receipt.format == 1 else {}
    return earlier.get(receipt.kind, REQUESTS[receipt.kind])


def with_later_stages(value: Any, written: int = FORMAT) -> Any:
    """Settings as of a version with fewer stages, in which the later ones are neutral.

    Settings are known by their `order`, a list of stages' names; what else is there stays as it is. In
    those `written` in a format before 3 drawn beams may collapse.
    """
    if isinstance(value, list):
        return [with_later_stages(one, written) for one in value]
    if not isinstance(value, dict):
        return value
    held = {name: with_later_stages(one, written) for name, one in value.items()}
    order = held.get("order")
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        return held
    whole = completed(order)
    values = (one for name in whole if name not in order for one in (STAGES[name], *STAGES[name].parameters))
    earlier = {"beams_may_collapse": True} if written < BEAMS_KEPT_APART else {}
    return {**{one.name: as_json(one.neutral) for one in values}, **earlier, **held, "order": list(whole)}


def check_known(request: Request, receipt: Receipt) -> None:
    """Raises ReceiptError for a model of the request whose weights the receipt does not name."""
    for name in request.models():
        if name not in receipt.weights:
            raise ReceiptError(
                f"the receipt has no checksum of {shorten(name)!r}, a model of its request; export it again"
            )


def check_weights(name: str, sha256: str, registry: Registry) -> None:
    """Raises ReceiptError for a model that is not there or has other weights."""
    if name not in registry.names():
        known = ", ".join(registry.names()) or f"none in {registry.root}"
        raise ReceiptError(
            f"the receipt needs the model {shorten(name)!r}, weights {sha256[:START]}…, which is not here; "
            f"the models are: {known}; name the folder that it lies in with --models"
        )
    here = sha256_of(name, registry)
    if here != sha256:
        raise ReceiptError(
            f"the receipt was made with other weights of {name}: {sha256[:START]}…, here are "
            f"{here[:START]}…; get those, and name the folder that they lie in with --models"
        )


def notes(receipt: Receipt, left_out: bool) -> tuple[str, ...]:
    """What another version, or a request that is not whole, may mean."""
    remarks = []
    if receipt.version != __version__:
        remarks.append(
            f"The receipt was made by version {shorten(receipt.version)}, this is {__version__}: "
            "where results differ, the version may be why."
        )
    if left_out:
        remarks.append("The receipt leaves out some of its request: what is missing took its default.")
    return tuple(remarks)
