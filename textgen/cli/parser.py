"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import NoReturn

from textgen import __version__
from textgen.settings import ORDERS, RULES, STAGE_NAMES

SWEEP_COLUMNS = "coherence,creativity,distinct_2,repetition,novelty,real_words,surprise,entropy"
DESCRIPTION = "How a language model chooses its next token, in the terminal."
EXAMPLE = 'example: python -m textgen next "The king is d" -t 0.5 -t 1 -t 2'
# Commands with a parser of their own elsewhere, which gets all that follows their name.
PASSED_ON: Mapping[str, str] = {
    "train": "train a model (RECIPE --corpus FILE)",
    "evaluate": "measure a model's losses (NAME --corpus FILE)",
    "baseline": "measure how well n-grams predict a text (RECIPE --corpus PATH)",
    "corpus": "the texts of the recipes (list, fetch NAME)",
}


class Parser(argparse.ArgumentParser):
    """argparse with complaints of one line, as everywhere here."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"textgen: {message}; see {self.prog} --help\n")


def build_parser() -> Parser:
    """The whole command line. A command's options lie in `args`; `args.command` names it."""
    parser = Parser("python -m textgen", description=DESCRIPTION, epilog=EXAMPLE, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"Temperature Lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_models(commands)
    add_next(commands)
    add_sample(commands)
    add_draw(commands)
    add_beam(commands)
    add_sweep(commands)
    add_chaos(commands)
    add_replay(commands)
    add_rate(commands)
    for name, help_text in PASSED_ON.items():
        commands.add_parser(name, help=help_text, add_help=False)
    return parser


def add_command(commands: argparse._SubParsersAction[Parser], name: str, help_text: str) -> Parser:
    parser = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser


def add_models(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "models", "the models there are")
    parser.add_argument(
        "--models", metavar="FOLDER", help="look here instead of in $TEXTGEN_MODELS or ./models"
    )


def add_next(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "next", "the next-token distribution, one column a temperature")
    add_source(parser)
    add_settings(parser)
    add_rows(parser)
    add_receipt(parser)
    parser.add_argument("--trace", action="store_true", help="say what each stage did")


def add_draw(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "draw", "draw next tokens and hold the counts against the probabilities")
    add_source(parser)
    parser.add_argument("-n", "--draws", type=as_number, default=100, help="draws at each temperature (100)")
    add_settings(parser)
    add_seed(parser)
    add_rows(parser)
    add_receipt(parser)


def add_sample(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "sample", "write a text, one a temperature")
    add_model(parser)
    add_prompt(parser)
    parser.add_argument("-l", "--length", type=as_number, default=200, help="tokens to write (200)")
    add_settings(parser)
    add_seed(parser)
    add_receipt(parser)


def add_beam(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "beam", "beam search: what each step considered, kept and pruned")
    add_model(parser)
    add_prompt(parser)
    group = parser.add_argument_group("the search")
    group.add_argument("-w", "--width", type=as_number, default=3, help="texts kept at each step (3)")
    group.add_argument("-l", "--length", type=as_number, default=20, help="tokens of a text at most (20)")
    group.add_argument(
        "--length-penalty", type=as_number, default=1.0, metavar="X", help="score = Σ ln p / tokens^X (1)"
    )
    group.add_argument(
        "--early-stopping", default="false", metavar="WHEN", help="true, false or never (false)"
    )
    group.add_argument(
        "--stop", action="append", default=[], metavar="TOKEN", help="ends a text; may be given several times"
    )
    group.add_argument("--sampling", action="store_true", help="draw candidates instead of taking the best")
    group.add_argument("--ranking", action="store_true", help="print the finished texts alone")
    add_settings(parser)
    add_seed(parser)
    add_receipt(parser)


def add_sweep(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(
        commands, "sweep", "measure what temperature does: texts over temperatures and seeds"
    )
    add_grid(parser)
    group = parser.add_argument_group("the work")
    group.add_argument("--jobs", type=as_number, default=1, help="how many at once (1), -1 for all cores")
    group.add_argument(
        "--backend", help="of joblib: loky, threading, sequential, or dask, ray … if installed"
    )
    group.add_argument("--max-tokens", type=as_number, default=10**6, help="refuse larger sweeps (1000000)")
    group = parser.add_argument_group("the result")
    group.add_argument("--metrics", default=SWEEP_COLUMNS, help=f"columns of the table ({SWEEP_COLUMNS})")
    group.add_argument("--cells", metavar="FILE.csv", help="write the means and their intervals")
    group.add_argument("--texts", metavar="FILE.csv", help="write the texts and what was measured of each")
    group.add_argument("--out", metavar="FILE.json", help="write all of it")
    add_receipt(group)


def add_chaos(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "chaos", "one seed at every temperature of a grid: where the texts part")
    add_model(parser)
    add_prompt(parser)
    parser.add_argument("--from", dest="low", type=as_number, default=0.5, metavar="T", help="(0.5)")
    parser.add_argument("--to", dest="high", type=as_number, default=1.5, metavar="T", help="(1.5)")
    parser.add_argument("--rows", type=as_number, default=21, metavar="N", help="temperatures (21)")
    parser.add_argument("-l", "--length", type=as_number, default=80, help="tokens of a text at most (80)")
    parser.add_argument(
        "--magnify", type=as_number, metavar="ROW", help="the exact T at which a row parts from the one above"
    )
    add_stages(parser)
    add_seed(parser)
    add_receipt(parser)


def add_replay(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = add_command(commands, "replay", "compute a receipt's result again: is it the same?")
    parser.epilog = "exit codes: 0 = identical, 1 = something differs, 2 = it cannot be replayed here"
    parser.add_argument("receipt", metavar="RECEIPT.json", help="what --receipt or the page saved")
    parser.add_argument(
        "--models", metavar="FOLDER", help="look here instead of in $TEXTGEN_MODELS or ./models"
    )
    parser.add_argument("--max-tokens", type=as_number, default=10**6, help="refuse larger work (1000000)")


def add_rate(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "rate", help="texts of a sweep, rated from 1 to 5 without knowing which is which"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sheet = add_command(actions, "sheet", "make a sheet to fill in and the key to it")
    sheet.add_argument("sweep", metavar="SWEEP.json", help="what `sweep --out` wrote")
    sheet.add_argument(
        "--cells", nargs="+", default=[], metavar="STRATEGY:T", help="which settings (four of plain)"
    )
    sheet.add_argument("--per-cell", type=as_number, default=3, metavar="N", help="texts of each setting (3)")
    sheet.add_argument("--question", default="coherence", help="coherence or creativity (coherence)")
    sheet.add_argument("--seed", type=as_number, default=1, help="of the order: one seed, one set (1)")
    sheet.add_argument(
        "--out", required=True, metavar="SHEET.csv", help="the texts under codes, for the raters"
    )
    sheet.add_argument("--key", required=True, metavar="KEY.csv", help="which text is which; keep it back")
    score = add_command(actions, "score", "what the raters think of each setting, and how far they agree")
    score.add_argument("--key", required=True, metavar="KEY.csv", help="what `rate sheet` wrote")
    score.add_argument(
        "ratings", nargs="+", metavar="RATINGS.csv", help="filled-in sheets, or files of the page"
    )


def add_grid(parser: Parser) -> None:
    """What a sweep goes through; what takes a list may be given several times."""
    parser.add_argument("text", nargs="?", default="", help="the text to go on from")
    add_many(parser, "-p", "--prompt", "TEXT", "the same, by name")
    add_many(parser, "-m", "--model", "NAME", "a model's name; may be given several times")
    parser.add_argument(
        "--models", metavar="FOLDER", help="look here instead of in $TEXTGEN_MODELS or ./models"
    )
    add_many(parser, "-t", "--temperature", "T", "a number, or FROM:TO:STEP (0.1:2:0.1)")
    add_many(parser, "-s", "--strategy", "NAME", "greedy, plain, … or 'mine: top_k=5, beams=3' (five)")
    parser.add_argument("--seeds", type=as_number, default=8, metavar="N", help="texts a setting (8)")
    parser.add_argument("--seed", type=as_number, default=0, help="the first of the seeds (0)")
    parser.add_argument("-l", "--length", type=as_number, default=200, help="tokens of a text at most (200)")
    parser.add_argument("--judge", default="", metavar="MODEL", help="another model, which scores the texts")


def add_many(parser: Parser, short: str, long: str, metavar: str, help_text: str) -> None:
    parser.add_argument(short, long, action="append", default=[], metavar=metavar, help=help_text)


def add_prompt(parser: Parser) -> None:
    prompt = parser.add_mutually_exclusive_group()
    prompt.add_argument("text", nargs="?", default="", help="the text to go on from")
    prompt.add_argument("-p", "--prompt", help="the same, by name")


def add_model(parser: Parser) -> None:
    parser.add_argument("-m", "--model", help="a model's name, or the path of its folder")
    parser.add_argument(
        "--models", metavar="FOLDER", help="look up names here instead of in $TEXTGEN_MODELS or ./models"
    )


def add_source(parser: Parser) -> None:
    """A context for a model, or numbers typed in."""
    parser.add_argument("context", nargs="?", help="the text so far; none means the start of a text")
    add_model(parser)
    parser.add_argument("--numbers", metavar="TEXT", help="no model: '0.73, 0.15, 0.12' or 'a: 2.0, b: 1.0'")
    parser.add_argument("--kind", default="auto", help="what the numbers are: auto, probabilities or logits")


def add_settings(parser: Parser) -> None:
    """One option for each field of DecodeSettings; all neutral by default."""
    add_stages(parser).add_argument(
        *("-t", "--temperature"),
        type=as_number,
        action="append",
        help=f"{RULES['temperature'].legal}; {RULES['temperature'].way_out}; may be given several times",
    )


def add_stages(parser: Parser) -> argparse._ArgumentGroup:
    """The same without temperature, for commands that go through many of their own."""
    group = parser.add_argument_group("decoding, all off unless asked for")
    for name, rule in RULES.items():
        if name != "temperature":
            flag = "--" + name.replace("_", "-")
            group.add_argument(flag, type=as_number, metavar="X", help=f"{rule.legal}; {rule.way_out}")
    orders = ", ".join(map(repr, ORDERS))
    group.add_argument("--order", help=f"{orders}, or every stage once: {','.join(STAGE_NAMES)}")
    group.add_argument(
        "--settings", metavar="FILE.json", help="settings that the page exported; options go first"
    )
    return group


def add_seed(parser: Parser) -> None:
    parser.add_argument("--seed", type=as_number, help="repeats a result; a new one each time otherwise")


def add_receipt(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--receipt", metavar="FILE.json", help="also write what `replay` needs to repeat the result"
    )


def add_rows(parser: Parser) -> None:
    parser.add_argument("--top", type=as_number, default=10, metavar="N", help="rows of the table (10)")


def as_number(text: str) -> int | float | str:
    """A number where it is one, else the text: the settings then say what they want instead."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
