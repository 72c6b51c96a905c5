"""Counts of draws from a distribution at several temperatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from typing import Any

from textgen.experiments.draws.counts import MAX_DRAWS, MAX_TOTAL
from textgen.experiments.panels import MAX_PANELS, draw_side_by_side, side_by_side
from textgen.models.registry import Registry
from textgen.receipts import source, warped
from textgen.receipts.checks import as_list, as_settings, as_temperatures, finite_or_none, known_fields
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.python_code import imports, settings_code
from textgen.receipts.records import ReceiptError
from textgen.receipts.tables import as_csv
from textgen.records import Draws, NextToken
from textgen.settings import DecodeSettings, check_seed, check_whole

MAX_CALLS = 20_000  # additions to one record

models = source.models


def checked(request: Mapping[str, Any], _registry: Registry) -> dict[str, Any]:
    known_fields(request, (*source.FIELDS, "settings", "temperatures", "seed", "calls"))
    return {
        "kind": "draws",
        **source.checked(request),
        "settings": as_settings(request.get("settings", {})),
        "temperatures": as_temperatures(request.get("temperatures"), 1, MAX_PANELS),
        "seed": check_seed(request.get("seed")),
        "calls": checked_calls(request.get("calls")),
    }


def checked_calls(values: Any) -> list[list[int]]:
    """`[n]` or `[[n, how often in a row]]` → the latter. Raises TextgenError."""
    calls = [as_call(value) for value in as_list("calls", values, 1, MAX_CALLS)]
    check_whole("the number of calls", sum(times for _, times in calls), 1, MAX_CALLS, "draw more at once")
    check_whole("draws in total", sum(n * times for n, times in calls), 1, MAX_TOTAL, "draw fewer")
    return calls


def as_call(value: Any) -> list[int]:
    """How many draws, and how often in a row."""
    if not isinstance(value, (list, tuple)):
        value = (value, 1)
    if len(value) != 2:
        raise ReceiptError(f"a call must be how many draws and how often, got {len(value)} numbers; name two")
    n, times = value
    draws = check_whole("draws", n, 1, MAX_DRAWS, "more can be added to them")
    return [draws, check_whole("how often", times, 1, MAX_CALLS, "1 draws them once")]


def each_call(request: Mapping[str, Any]) -> Iterator[int]:
    """How many draws each call made."""
    return chain.from_iterable(repeat(n, times) for n, times in request["calls"])


def tokens(_request: Mapping[str, Any]) -> int:
    return 0


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    expectation = source.expectation(request, registry)
    settings = DecodeSettings.from_dict(request["settings"])
    panels = side_by_side(expectation, request["temperatures"], settings)
    draws: Draws | None = None
    for n in each_call(request):
        draws = draw_side_by_side(panels, n, request["seed"], draws)
    assert draws is not None, "a request has one call or more"
    return result_of(draws, expectation)


def result_of(draws: Draws, expectation: NextToken) -> dict[str, Any]:
    """Tokens in the order of their ids, one row a temperature."""
    return {
        "labels": list(draws.labels),
        "n": draws.n,
        "counts": draws.counts.tolist(),
        "checkpoints": draws.checkpoints.tolist(),
        "distances": draws.distances.tolist(),
        "probabilities": draws.probabilities.tolist(),
        "logits": finite_or_none(expectation.logits),
    }


def csv(request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a token: label, id, and its probability and count at each temperature."""
    names = [
        f"{number}: {what} T={temperature:g}"
        for number, temperature in enumerate(request["temperatures"], 1)
        for what in ("probability", "count")
    ]
    pairs = zip(result["probabilities"], result["counts"], strict=True)
    columns = zip(*chain.from_iterable(pairs), strict=True)
    rows = [
        (label, place, *numbers)
        for place, (label, numbers) in enumerate(zip(result["labels"], columns, strict=True))
    ]
    return as_csv([("token", "id", *names), *rows])


def python(request: Mapping[str, Any]) -> str:
    names, lines = source.code(request)
    calls = " + ".join(f"[{n}] * {times}" if times > 1 else f"[{n}]" for n, times in request["calls"])
    settings = settings_code(request["settings"])
    body = [
        *lines,
        f"panels = side_by_side(expectation, {request['temperatures']}, {settings})",
        "draws = None",
        f"for n in {calls}:",
        f"    draws = draw_side_by_side(panels, n, {request['seed']}, draws)",
        "for temperature, counts in zip(draws.temperatures, draws.counts):",
        "    print(temperature, counts.tolist())",
    ]
    panels = imports(["draw_side_by_side", "side_by_side"], "textgen.experiments.panels")
    return "\n".join([imports([*names, "DecodeSettings"]), panels, "", *body]) + "\n"


def transformers(request: Mapping[str, Any], registry: Registry, result: Mapping[str, Any]) -> Equivalent:
    base = DecodeSettings.from_dict(request["settings"])
    panels = [base.at(temperature) for temperature in request["temperatures"]]
    ids = source.expectation(request, registry).context.ids
    drawing = [
        f"torch.manual_seed({request['seed']})",
        "for panel in panels:",
        "    if panel is not None:",
        f"        drawn = torch.multinomial(panel[0], {result['n']}, replacement=True)",
        "        print(drawn.bincount(minlength=len(raw)).tolist())",
    ]
    luck = "torch draws other random numbers: the counts agree within chance."
    return Equivalent(warped.warped(panels, ids, drawing), f"{luck} {warped.note(panels)}".strip())
