"""A run that the page exported: `sample --settings FILE.json` writes its texts again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from textgen.cli.options import registry_of
from textgen.errors import SettingError, shorten
from textgen.settings import DecodeSettings

DRAWN = ("sampling", "greedy")  # strategies that write token by token


def is_record(values: Mapping[str, Any]) -> bool:
    """Whether a settings file is the page's record of a run rather than settings alone."""
    return "panes" in values


def panes_of(record: Mapping[str, Any]) -> list[DecodeSettings]:
    """The settings of each text of the run. Raises SettingError."""
    panes = record["panes"]
    if not isinstance(panes, list) or not panes or not all(isinstance(pane, dict) for pane in panes):
        raise SettingError(f"panes must be a list of objects, got {shorten(panes)}; export the run again")
    if searched := [pane.get("strategy") for pane in panes if pane.get("strategy", "sampling") not in DRAWN]:
        raise SettingError(
            f"a pane was written by {shorten(searched[0])}: `beam` searches, sample does not; "
            "export a run of sampling or greedy panes"
        )
    return [DecodeSettings.from_dict(settings_in(pane)) for pane in panes]


def settings_in(pane: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = pane.get("settings")
    if not isinstance(settings, dict):
        raise SettingError(
            f"a pane's settings must be an object, got {shorten(settings)}; export the run again"
        )
    return settings


def fill(args: argparse.Namespace, record: Mapping[str, Any]) -> None:
    """Take from the record what the command line leaves open: model, prompt and seed."""
    if args.model is None:
        args.model = record.get("model")
        if args.model is not None:
            registry_of(args).check(args.model)  # it may come from anybody: a name, never a folder
    if args.prompt is None and not args.text:
        args.prompt = str(record.get("prompt", ""))
    if args.seed is None:
        args.seed = record.get("seed")
