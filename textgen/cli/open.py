"""`open`: a link of the page, computed here: the commands that give the same are run one after the other."""

from __future__ import annotations

import argparse
import shlex

from textgen import cli
from textgen.cli import options
from textgen.cli.console import Console
from textgen.errors import SettingError
from textgen.experiments.requests import BeamRequest, Request
from textgen.link import read_link
from textgen.models.registry import Registry
from textgen.receipts.terminal import commands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("link", metavar="LINK", help="in quotes, as Share copies it")
    parser.add_argument("--show", action="store_true", help="print the commands instead of running them")
    options.add_models_folder(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    registry = options.registry_of(args)
    link = read_link(args.link, registry.names())
    for problem in link.problems:
        console.remark(problem)
    request = link.request(registry)
    request.check(registry)
    for command in commands(request, labels_for(request, registry)):
        console.say(shlex.join(["python", "-m", "textgen", *command]))
        if not args.show and (code := cli.run([*command, *folder(args)], console)):
            raise SettingError(f"the command ended with {code}; run it alone to see more")
    return cli.OK


def labels_for(request: Request, registry: Registry) -> tuple[str, ...]:
    """The labels by which a search's stops are named."""
    searched = isinstance(request, BeamRequest) and request.models()
    return tuple(registry.get(searched[0]).labels) if searched else ()


def folder(args: argparse.Namespace) -> list[str]:
    return ["--models", args.models] if args.models else []
