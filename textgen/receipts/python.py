"""How to get a result again with this library, as Python source."""

from __future__ import annotations

import pprint
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from textgen.errors import SettingError
from textgen.experiments.requests import (
    BeamRequest,
    ChaosRequest,
    DrawsRequest,
    NextTokenRequest,
    NumbersSource,
    PerplexityRequest,
    ReadRequest,
    RecordSource,
    Request,
    Segment,
    Source,
    SweepRequest,
    TableSource,
    TextRequest,
    TextSpec,
)
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import ORDERS

DRAWN = '''

def drawn(ids, settings, goal):
    """Go on with the seed until there are `goal` tokens."""
    steps = write(model, [[*context, *ids]], [settings], [seed], goal - len(ids), start=len(ids))
    return [*ids, *(int(step.ids[0]) for step in steps if step.ids[0] >= 0)]

'''
SEARCHED = '''
def searched(ids, settings, goal, width, sampling):
    """Go on with the best text of a beam search of `goal` tokens."""
    before = (*context, *ids)
    beam = BeamSettings(width=width, length=goal - len(ids), sampling=sampling, seed=seed)
    return [*ids, *best_text(model.writer, before, with_stops(model, beam), settings).ids]

'''


def python_code(request: Request) -> str:
    """Source that repeats the result, and prints it."""
    return "\n".join(lines_of(request)) + "\n"


def lines_of(request: Request) -> list[str]:
    match request:
        case NextTokenRequest():
            return next_token_lines(request)
        case DrawsRequest():
            return draws_lines(request)
        case TextRequest():
            plain = all(text.in_one_go for text in request.texts)
            return one_call_lines(request) if plain else segment_lines(request)
        case BeamRequest():
            return beam_lines(request)
        case SweepRequest():
            return sweep_lines(request)
        case ChaosRequest():
            return chaos_lines(request)
        case PerplexityRequest():
            return perplexity_lines(request)
        case ReadRequest():
            return read_lines(request)
    raise AssertionError(f"no source for {request.kind}")


def next_token_lines(request: NextTokenRequest) -> list[str]:
    names, lines = expectation_lines(request.source)
    calls = [f"next_token(expectation, settings={settings_code(panel)})" for panel in request.panels]
    shown = ["for panel in panels:", "    print(panel.summary, panel.top(10))"]
    return [
        imports([*names, "DecodeSettings", "next_token"]),
        "",
        *lines,
        *listing("panels", calls),
        *shown,
    ]


def draws_lines(request: DrawsRequest) -> list[str]:
    names, lines = expectation_lines(request.source)
    panels = f"side_by_side(expectation, {list(request.temperatures)}, {settings_code(request.settings)})"
    return [
        imports([*names, "DecodeSettings"]),
        imports(["draw_up_to", "side_by_side"], "textgen.experiments.panels"),
        "",
        *lines,
        f"panels = {panels}",
        f"draws = draw_up_to(panels, {request.n}, {request.seed})",
        "for temperature, counts in zip(draws.temperatures, draws.counts):",
        "    print(temperature, counts.tolist())",
    ]


def expectation_lines(source: Source) -> tuple[list[str], list[str]]:
    """Python that makes the `expectation`: the names to import from textgen, and the lines."""
    if isinstance(source, NumbersSource):
        typed = f"parse_numbers({source.numbers!r}, {source.numbers_kind!r})"
        return ["parse_numbers"], [f"expectation = {typed}"]
    if isinstance(source, RecordSource):
        raise SettingError("a receipt takes a model or numbers, got a record; name what it was made of")
    predicted = f"expectation = predict(model, {source.context!r})"
    return ["load", "predict"], [f"model = load({source.model!r})", predicted]


def one_call_lines(request: TextRequest) -> list[str]:
    """Each text in one call."""
    head = [imports(["DecodeSettings", "generate", "load"]), "", *assigned(request)]
    return [*head, *listing("texts", map(generate_code, request.texts)), "print(*texts, sep='\\n\\n')"]


def generate_code(text: TextSpec) -> str:
    """One call, and the text of what it gives."""
    if not text.length:
        return "''"
    return (
        f"generate(model, prompt, settings={settings_code(text.settings)}, "
        f"seed=seed, length={text.length}).text"
    )


def assigned(request: TextRequest) -> list[str]:
    return [f"model = load({request.model!r})", f"prompt, seed = {request.prompt!r}, {request.seed}"]


def segment_lines(request: TextRequest) -> list[str]:
    """Segment by segment."""
    searching = any(text.searched for text in request.texts)
    head = [
        imports(["DecodeSettings", "load", "write", *(["BeamSettings"] if searching else [])]),
        imports(["read_context", *(["with_stops"] if searching else [])], "textgen.api"),
        *(["from textgen.decoding.beam import best_text"] if searching else []),
        "",
        *assigned(request),
        "context = read_context(model, prompt).ids",
        DRAWN + (SEARCHED if searching else ""),
        "texts = []",
    ]
    lines = [line for text in request.texts for line in text_lines(text)]
    return [*head, *lines, "print(*texts, sep='\\n\\n')"]


def text_lines(text: TextSpec) -> Iterator[str]:
    """One text: from nothing, segment by segment, what was written beyond a segment's end cut off."""
    yield f"ids, settings = [], {settings_code(text.settings)}"
    for segment in text.segments():
        yield segment_line(segment, text)
    yield "texts.append(model.text(ids, prompt))"


def segment_line(segment: Segment, text: TextSpec) -> str:
    if segment.token is not None:
        return f"ids = [*ids, {segment.token}]  # chosen by hand"
    if not text.searched:
        return f"ids = drawn(ids, settings, {segment.goal})"
    cut = f"[:{segment.end}]" if segment.end < segment.goal else ""
    return f"ids = searched(ids, settings, {segment.goal}, {text.width}, {text.decoding.sampling}){cut}"


def beam_lines(request: BeamRequest) -> list[str]:
    beam, settings = beam_code(request.beam), settings_code(request.settings)
    classes, source = ["BeamSettings", "DecodeSettings"], request.source
    if isinstance(source, TableSource):
        head = [
            imports(classes),
            imports(["beam_search"], "textgen.decoding.beam"),
            imports(["parse_table"], "textgen.decoding.table_model"),
        ]
        search = [
            f"table = parse_table({source.table!r})",
            f"*_, last = beam_search(table, {beam}, {settings})",
        ]
        shown = "' '.join(table.labels[token] for token in text.ids)"
    else:
        head = [imports([*classes, "beam_search", "load"])]
        search = [
            f"model, prompt = load({source.model!r}), {source.prompt!r}",
            f"*_, last = beam_search(model, prompt, {beam}, {settings})",
        ]
        shown = "model.text(text.ids, prompt)"
    ranking = ["for text in last.finished:", f"    print(text.score, text.logprob, repr({shown}))"]
    return [*head, "", *search, *ranking]


def sweep_lines(request: SweepRequest) -> list[str]:
    settings = pprint.pformat(brief(request.settings.to_dict()), width=100, compact=True, sort_dicts=False)
    return [
        "from textgen.experiments.sweep.run import SweepSettings, collect, plan, run, summarize",
        "from textgen.models.registry import Registry, default_root",
        "",
        f"settings = SweepSettings.from_dict({settings})",
        "registry = Registry(default_root())",
        f"result = collect(settings, run(plan(settings, registry, {request.cost()}), registry))",
        "for cell in summarize(result):",
        "    print(*cell.key, {name: interval.mean for name, interval in cell.metrics.items()})",
    ]


def brief(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, of each strategy only what is not neutral."""
    neutral = DecodeSettings().to_dict()
    strategies = {
        name: {field: value for field, value in values.items() if neutral.get(field, ...) != value}
        for name, values in settings["strategies"].items()
    }
    return {**settings, "strategies": strategies}


def chaos_lines(request: ChaosRequest) -> list[str]:
    grid = f"temperatures={request.temperatures}, seed={request.seed}, length={request.length}"
    return [
        imports(["DecodeSettings", "load"]),
        imports(["ChaosSettings", "chaos"], "textgen.experiments.chaos.rows"),
        "",
        f"settings = ChaosSettings({grid}, decode={settings_code(request.settings)})",
        f"result = chaos(load({request.model!r}), {request.prompt!r}, settings)",
        "for temperature, text, step in zip(settings.temperatures, result.texts, result.divergences):",
        "    print(temperature, step, repr(text))",
    ]


def perplexity_lines(request: PerplexityRequest) -> list[str]:
    given = f"{request.text!r}, {list(request.temperatures)}, window={request.window}"
    return [
        "from textgen.api import load, perplexity",
        "",
        f"result = perplexity(load({request.model!r}), {given})",
        "for temperature, value in zip(result.temperatures, result.perplexities):",
        "    print(temperature, value)",
    ]


def read_lines(request: ReadRequest) -> list[str]:
    return [
        imports(["DecodeSettings", "load", "read"]),
        "",
        f"text = {request.text!r}",
        f"result = read(load({request.model!r}), text, {settings_code(request.settings)})",
        "print(result.bits_per_character, 'bits a character')",
        "for token in zip(result.labels, result.surprisal, result.ranks, result.removed_by):",
        "    print(*token)",
    ]


def settings_code(settings: DecodeSettings) -> str:
    """`DecodeSettings(temperature=0.5, top_k=40)`: what is not neutral."""
    return call("DecodeSettings", settings.to_dict(), DecodeSettings().to_dict())


def beam_code(beam: BeamSettings) -> str:
    """`BeamSettings(width=3, length=12)`: what is not the default."""
    return call("BeamSettings", beam.to_dict(), BeamSettings().to_dict())


def call(name: str, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    changed = {field: value for field, value in values.items() if value != defaults.get(field)}
    return f"{name}({', '.join(f'{field}={value_code(field, value)}' for field, value in changed.items())})"


def value_code(field: str, value: Any) -> str:
    """A setting's value; an order that has a name by its name."""
    if field == "order":
        value = {tuple(order): name for name, order in ORDERS.items()}.get(tuple(value), tuple(value))
    return repr(tuple(value) if isinstance(value, list) else value)


def imports(names: Iterable[str], package: str = "textgen") -> str:
    """`from textgen import a, b`, the names in order; "" for none."""
    listed = ", ".join(sorted(set(names)))
    return f"from {package} import {listed}" if listed else ""


def listing(name: str, items: Iterable[str], remarks: Iterable[str] = ()) -> list[str]:
    """`name = [` and the items, a line each, with a remark behind those that have one."""
    behind = [f"  # {remark}" if remark else "" for remark in remarks]
    lines = (f"    {item},{remark}" for item, remark in zip_longest(items, behind, fillvalue=""))
    return [f"{name} = [", *lines, "]"]
