"""The command line: models, next, sample, draw, beam, sweep, chaos, rate, replay; train and its kin."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from textgen.cli.console import Console
from textgen.cli.parser import PASSED_ON, build_parser
from textgen.errors import TextgenError

OK, USER_ERROR, INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run one command → its exit code: 0, 2 for a user's mistake (one line on stderr), 130 for Ctrl-C.

    `replay` ends with 1 where something differs.
    """
    console = console or Console.of_process()
    try:
        return run(sys.argv[1:] if argv is None else list(argv), console)
    except TextgenError as error:
        console.complain(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        console.complain("stopped")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` say, has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its exit
        return OK


def run(argv: list[str], console: Console) -> int:
    """Parse and run; `--help` and a malformed command line end with argparse's exit code."""
    try:
        return pass_on(argv) if argv and argv[0] in PASSED_ON else run_own(argv, console)
    except SystemExit as end:
        return int(end.code or OK)


def run_own(argv: list[str], console: Console) -> int:
    """One of the commands of this package."""
    args = build_parser().parse_args(argv)
    code: int | None = import_module(f"textgen.cli.{args.command}").run(args, console)
    console.out.flush()
    return code or OK


def pass_on(argv: list[str]) -> int:
    """Hand the line to `textgen.training`. Raises TextgenError when what it needs is not installed."""
    try:
        command = import_module("textgen.cli.train")
    except ModuleNotFoundError as error:
        how = "run: pip install '.[train]'"
        raise TextgenError(f"{argv[0]} needs {error.name}, which is not installed; {how}") from error
    return command.main(argv)
