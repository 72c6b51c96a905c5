"""`replay`: a receipt's result computed again, and whether it is the same to the last digit."""

from __future__ import annotations

import argparse
from pathlib import Path

from textgen import receipts
from textgen.cli import options
from textgen.cli.console import Console
from textgen.errors import shorten
from textgen.receipts.records import Receipt, ReceiptError, Verdict

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
        size = path.stat().st_size
        if size > MAX_FILE:
            raise ReceiptError(
                f"a receipt must be at most {MAX_FILE:,} bytes, {shorten(str(path))} has {size:,}"
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not a text in UTF-8") from error
    except ValueError as error:  # a name with a NUL
        raise unreadable(path, "there is no such file") from error


def unreadable(path: Path, reason: str) -> ReceiptError:
    name = shorten(str(path))
    return ReceiptError(f"no receipt can be read from {name}: {reason}; give the file that was saved")


def heading(receipt: Receipt) -> str:
    of = f" of {', '.join(receipt.weights)}" if receipt.weights else ""
    return f"{receipt.kind}{of}, made {receipt.time} by version {receipt.version}"


def lines(verdict: Verdict) -> list[str]:
    """The verdict in words."""
    if verdict.identical:
        return [f"identical: all {verdict.compared:,} values are those of the receipt"]
    return ["not identical", *verdict.differences]
