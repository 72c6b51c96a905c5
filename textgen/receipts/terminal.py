"""How to get a result again in a terminal: the commands of `python -m textgen`, as their arguments."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from textgen.errors import SettingError
from textgen.experiments.requests import (
    BeamRequest,
    ChaosRequest,
    DrawsRequest,
    NextTokenRequest,
    NumbersSource,
    RecordSource,
    Request,
    Source,
    SweepRequest,
    TableSource,
    TextRequest,
    TextSpec,
)
from textgen.settings import NAMED, DecodeSettings, Strategy
from textgen.stages import ORDERS, PARAMETERS

Arguments = list[str]


def terminal_code(request: Request, labels: Sequence[str] = ()) -> str:
    """A line a command, quoted for a shell. Raises SettingError for what no command does."""
    return "\n".join(shlex.join(["python", "-m", "textgen", *one]) for one in commands(request, labels))


def commands(request: Request, labels: Sequence[str] = ()) -> list[Arguments]:
    """The arguments of each command; `labels` (V,) are the model's, by which a search's stops are named.

    Raises SettingError for what no command does.
    """
    match request:
        case NextTokenRequest():
            return [next_command(request)]
        case DrawsRequest():
            return [draw_command(request)]
        case TextRequest():
            return list(text_commands(request))
        case BeamRequest():
            return [beam_command(request, labels)]
        case SweepRequest():
            return [sweep_command(request)]
        case ChaosRequest():
            return [chaos_command(request)]
    raise SettingError(f"no command of the terminal does a {request.kind}; take the Python code")


def next_command(request: NextTokenRequest) -> Arguments:
    first, *others = request.panels
    if any(panel.at(1) != first.at(1) for panel in others):
        raise SettingError("`next` has one setting of each stage for all columns; take the Python code")
    temperatures = [panel.temperature for panel in request.panels]
    return ["next", *source_arguments(request.source), *hot(temperatures), *stages(first)]


def draw_command(request: DrawsRequest) -> Arguments:
    own = [*source_arguments(request.source), *hot(request.temperatures), *stages(request.settings)]
    return ["draw", *own, *option("seed", request.seed), *option("draws", request.n)]


def text_commands(request: TextRequest) -> Iterator[Arguments]:
    """Drawn texts that differ in temperature alone are one command, every searched one is one."""
    own = [*option("model", request.model), *option("prompt", request.prompt), *option("seed", request.seed)]
    if any(text.picks or len(text.written()) > 1 for text in request.texts):
        raise SettingError("no command goes on after a token chosen by hand; take the Python code")
    for text in (text for text in request.texts if text.searched):
        width, sampling = option("width", text.width), ["--sampling"] if text.decoding.sampling else []
        settings = [*hot([text.settings.temperature]), *stages(text.settings)]
        yield ["beam", *own, *width, *sampling, *option("length", text.length), *settings, "--ranking"]
    for alike in drawn_alike(request.texts):
        temperatures = [text.settings.temperature for text in alike]
        length, settings = option("length", alike[0].length), stages(alike[0].settings)
        yield ["sample", *own, *length, *hot(temperatures), *settings]


def drawn_alike(texts: Sequence[TextSpec]) -> list[list[TextSpec]]:
    """The drawn texts, those together that differ in temperature alone."""
    groups: dict[tuple[int, DecodeSettings], list[TextSpec]] = {}
    for text in texts:
        if not text.searched:
            groups.setdefault((text.length, text.settings.at(1)), []).append(text)
    return list(groups.values())


def beam_command(request: BeamRequest, labels: Sequence[str]) -> Arguments:
    if isinstance(request.source, TableSource):
        raise SettingError("`beam` searches with a model, not in a table; take the Python code")
    source, beam = request.source, request.beam
    stops = [word for stop in beam.stops for word in option("stop", labels[stop])]
    return [
        *("beam", *option("model", source.model), *option("prompt", source.prompt)),
        *(*option("width", beam.width), *option("length", beam.length)),
        *(option("length-penalty", beam.length_penalty) if beam.length_penalty != 1 else []),
        *(option("early-stopping", str(beam.early_stopping).lower()) if beam.early_stopping else []),
        *stops,
        *(["--sampling", *option("seed", beam.seed)] if beam.sampling else []),
        *(*hot([request.settings.temperature]), *stages(request.settings)),
    ]


def sweep_command(request: SweepRequest) -> Arguments:
    sweep = request.settings
    lists = {
        "model": sweep.models,
        "prompt": sweep.prompts,
        "temperature": [short(t) for t in sweep.temperatures],
        "strategy": [strategy_text(one) for one in sweep.strategies],
    }
    first, *others = sweep.seeds
    if others != list(range(first + 1, first + len(sweep.seeds))):
        raise SettingError("`sweep` takes seeds in a row; take the Python code")
    given = [word for name, values in lists.items() for value in values for word in option(name, value)]
    numbers = {"seeds": len(sweep.seeds), "seed": first, "length": sweep.length}
    judge = option("judge", sweep.judge) if sweep.judge else []
    return ["sweep", *given, *(word for name, n in numbers.items() for word in option(name, n)), *judge]


def strategy_text(strategy: Strategy) -> str:
    """Its name, or `NAME: top_k=40, beams=3`. Raises SettingError for what cannot be written so."""
    if NAMED.get(strategy.name) == strategy:
        return strategy.name
    neutral = DecodeSettings().to_dict()
    values = {name: value for name, value in strategy.to_dict().items() if value != neutral.get(name)}
    if not all(isinstance(value, (int, float)) for value in values.values()) or "," in strategy.name:
        raise SettingError("`sweep` takes no order and no tokens in a strategy; take the Python code")
    stages_text = ", ".join(f"{name}={short(value)}" for name, value in values.items())
    return f"{strategy.name.replace(':', '')}: {stages_text}"


def chaos_command(request: ChaosRequest) -> Arguments:
    low, high = request.temperatures[0], request.temperatures[-1]
    ends = [
        *option("from", f"{low:g}"),
        *option("to", f"{high:g}"),
        *option("rows", len(request.temperatures)),
    ]
    own = [*option("model", request.model), *option("prompt", request.prompt), *ends]
    size = [*option("rows", len(request.temperatures)), *option("length", request.length)]
    last = [*size, *option("seed", request.seed)]
    return ["chaos", *own, *last, *stages(request.settings)]


def source_arguments(source: Source) -> Arguments:
    if isinstance(source, NumbersSource):
        kind = option("kind", source.numbers_kind) if source.numbers_kind != "auto" else []
        return [*option("numbers", source.numbers), *kind]
    if isinstance(source, RecordSource):
        raise SettingError("a command takes a model or numbers, got a record; name what it was made of")
    return [*option("model", source.model), *option("prompt", source.context)]


def hot(temperatures: Sequence[float]) -> Arguments:
    return [word for t in temperatures for word in ("-t", short(t))]


def stages(settings: DecodeSettings) -> Arguments:
    """What is not neutral besides the temperature."""
    neutral, found = DecodeSettings(), Arguments()
    for name, one in PARAMETERS.items():
        value = getattr(settings, name)
        if name != "temperature" and value != getattr(neutral, name):
            found += option(one.flag, str(value) if one.read else value)
    if settings.order != neutral.order:
        names = {order: name for name, order in ORDERS.items()}
        found += option("order", names.get(settings.order) or ",".join(settings.order))
    return found


def short(number: float) -> str:
    """A number as people write it, to the last digit."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def option(name: str, value: object) -> Arguments:
    """`--prompt TEXT`; what would be read as an option itself is joined to it."""
    text = str(value)
    return [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
