"""A receipt computed again."""

from __future__ import annotations

from textgen import __version__
from textgen.errors import shorten
from textgen.models.registry import Registry
from textgen.receipts.comparing import compare
from textgen.receipts.making import checked, sha256_of
from textgen.receipts.records import Receipt, ReceiptError, Verdict

START = 12  # digits of a checksum that are shown


def replay(receipt: Receipt, registry: Registry, max_tokens: int) -> Verdict:
    """See `receipts.replay`."""
    for name, sha256 in receipt.weights.items():
        check_weights(name, sha256, registry)
    kind, request = checked(receipt.request, registry, max_tokens)
    if unknown := [name for name in kind.models(request) if name not in receipt.weights]:
        name = shorten(unknown[0])
        raise ReceiptError(
            f"the receipt has no checksum of {name!r}, a model of its request; export it again"
        )
    notes = [note for note in (version_note(receipt), left_out_note(receipt, request)) if note]
    return compare(receipt.result, kind.computed(request, registry), tuple(notes))


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


def version_note(receipt: Receipt) -> str:
    """What another version may mean."""
    if receipt.version == __version__:
        return ""
    return (
        f"The receipt was made by version {shorten(receipt.version)}, this is {__version__}: "
        "where results differ, the version may be why."
    )


def left_out_note(receipt: Receipt, request: dict[str, object]) -> str:
    """That a setting unknown to the receipt took its default."""
    if request == receipt.request:
        return ""
    return "The receipt leaves out some of its request: what is missing took its default."
