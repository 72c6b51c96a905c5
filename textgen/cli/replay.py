"""`replay`: a receipt's result computed again, and whether it is the same to the last digit."""

from __future__ import annotations

import argparse
from pathlib import Path

from textgen import receipts
from textgen.cli import options
from textgen.cli.console import Console
from textgen.errors import TextError
from textgen.receipts.records import Receipt, ReceiptError, Verdict
from textgen.text.files import read_whole

SAME, DIFFERENT = 0, 1  # exit codes
MAX_FILE = 200_000_000  # bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "exit codes: 0 = identical, 1 = something differs, 2 = it cannot be replayed here"
    options.add_json(parser)
    parser.add_argument("receipt", metavar="RECEIPT.json", help="what --receipt or the page saved")
    options.add_models_folder(parser)
    options.add_max_tokens(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    limit = options.max_tokens_of(args)
    receipt = receipts.read(content_of(Path(args.receipt)))
    verdict = receipts.replay(receipt, options.registry_of(args), limit)
    for note in verdict.notes:
        console.remark(note)
    if args.json:
        console.json(
            {"kind": receipt.kind, "version": receipt.version, "time": receipt.time, **verdict.to_dict()}
        )
    else:
        console.say("\n".join([heading(receipt), *lines(verdict)]))
    return SAME if verdict.identical else DIFFERENT


def content_of(path: Path) -> str:
    """The text of a file. Raises ReceiptError."""
    try:
        return read_whole(path, MAX_FILE)
    except TextError as error:
        raise ReceiptError(f"no receipt can be read: {error}") from error


def heading(receipt: Receipt) -> str:
    of = f" of {', '.join(receipt.weights)}" if receipt.weights else ""
    return f"{receipt.kind}{of}, made {receipt.time} by version {receipt.version}"


def lines(verdict: Verdict) -> list[str]:
    """The verdict in words."""
    if verdict.identical:
        return [f"identical: all {verdict.compared:,} values are those of the receipt"]
    return ["not identical", *verdict.differences]
