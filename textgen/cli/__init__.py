"""`python -m textgen`: the list of commands, and how one is found, parsed and run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

from textgen import __version__
from textgen.cli.console import Console
from textgen.errors import TextgenError

# Each command is a module of this package with `add_arguments(parser)` and `run(args, console)`, which may
# return an exit code. Only the one asked for is imported.
COMMANDS: Mapping[str, str] = {
    "models": "the models there are",
    "next": "the next-token distribution, one column a temperature",
    "sample": "write a text, one a temperature",
    "draw": "draw next tokens and hold the counts against the probabilities",
    "beam": "beam search: what each step considered, kept and pruned",
    "sweep": "measure what temperature does: texts over temperatures and seeds",
    "chaos": "one seed at every temperature of a grid: where the texts part",
    "read": "a given text: how surprising each token is, and whether the stages allow it",
    "open": "a link of the page: what it shows, computed here",
    "replay": "compute a receipt's result again: is it the same?",
    "rate": "texts of a sweep, rated from 1 to 5 without knowing which is which",
    "import": "make a model of somebody's checkpoint (FILE or FOLDER)",
    "train": "train a model (RECIPE --corpus FILE)",
    "evaluate": "measure a model's losses (NAME --corpus FILE)",
    "baseline": "measure how well n-grams predict a text (RECIPE --corpus PATH)",
    "corpus": "the texts of the recipes (list, fetch NAME)",
}
DESCRIPTION = "How a language model chooses its next token, in the terminal."
EXAMPLE = 'example: python -m textgen next "The king is d" -t 0.5 -t 1 -t 2'
OK, USER_ERROR, INTERRUPTED = 0, 2, 130  # exit codes


class Parser(argparse.ArgumentParser):
    """argparse with complaints of one line, and texts that may begin with a dash: `--prompt "-x"`."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # type: ignore[override]
        return super().parse_known_args(None if args is None else self.joined(args), namespace)

    def joined(self, args: Sequence[str]) -> list[str]:
        """The same with `-p -x` as `--prompt=-x`, unless what follows is an option itself."""
        joined, known = list[str](), self._option_string_actions
        for arg in args:
            before = known.get(joined[-1]) if joined and "--" not in joined else None
            if before is not None and before.nargs is None and arg.startswith("-") and arg not in known:
                joined[-1] = f"{max(before.option_strings, key=len)}={arg}"
            else:
                joined.append(arg)
        return joined

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: -"):
            message += "; a text that begins with a dash follows -p, or -- alone"
        self.exit(USER_ERROR, f"textgen: {message}; see {self.prog} --help\n")


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


def run(argv: Sequence[str], console: Console) -> int:
    """Parse and run; `--help` and a malformed command line end with argparse's exit code."""
    try:
        args = build_parser(argv).parse_args(argv)
    except SystemExit as end:
        return int(end.code or OK)
    code: int | None = args.run(args, console)
    console.out.flush()
    return code or OK


def build_parser(argv: Sequence[str]) -> Parser:
    """The command line, with the options of the command that `argv` names; `args.run` carries it out."""
    parser = Parser("python -m textgen", description=DESCRIPTION, epilog=EXAMPLE, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"Temperature Lab {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    chosen = [arg for arg in argv if not arg.startswith("-")][:1]
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        if [name] == chosen:
            module = import_module(f"textgen.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
