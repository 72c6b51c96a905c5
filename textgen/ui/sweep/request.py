"""What the page asks of the Sweep part, read as hostile input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.experiments.requests import SweepRequest
from textgen.experiments.sweep.records import CellKey
from textgen.experiments.sweep.settings import SweepSettings, temperatures_in
from textgen.settings import NAMED, DecodeSettings, Strategy, check_seed
from textgen.ui.shell.model_choice import NUMBERS
from textgen.validation import as_object, check_whole, one_of

SIDEBAR = "the sidebar's settings"
MAX_SEEDS = 64
MAX_CELLS = 2_000  # settings of one sweep: charts hold no more
LINES = ("strategy", "model", "prompt")  # what a chart may have a line for
OWN = "use the page's own controls"
NO_MODEL = (
    "a sweep needs a model, and typed-in numbers are none: they say nothing about the token after the next"
)


@dataclass(frozen=True, slots=True)
class View:
    """What the charts show of a sweep: one line for each value of `lines`, the others as chosen."""

    lines: str
    model: int
    prompt: int
    strategy: int


def read_request(data: Mapping[str, Any]) -> SweepRequest:
    """The form, and under `settings` the sidebar's, as a request. Raises SettingError and TextError."""
    settings = SweepSettings(
        models=read_models(data.get("models")),
        prompts=read_prompts(data.get("prompts")),
        temperatures=temperatures_in(data.get("temperatures")),
        strategies=read_strategies(data.get("strategies"), data.get("settings")),
        seeds=read_seeds(data.get("seeds"), data.get("first")),
        length=or_nothing(data.get("length")),
        judge=data.get("judge", ""),
    )
    check_cells(settings)
    return SweepRequest(settings=settings)


def or_nothing(value: Any) -> Any:
    """A field that was left empty has a name in the error."""
    return "nothing" if value is None or value == "" else value


def read_models(values: Any) -> Any:
    """What can be told better here than where names are checked."""
    if values == [] or values is None:
        raise SettingError("a sweep needs 1 model at least, got none; choose one above")
    if isinstance(values, list) and NUMBERS in values:
        raise SettingError(f"{NO_MODEL}; choose a model")
    return values


def read_prompts(values: Any) -> tuple[str, ...]:
    """Texts with their line breaks as Python has them."""
    if not isinstance(values, list):
        raise out_of_range("prompts", "a list of texts", values, "an empty text is the start of one")
    for value in values:
        if isinstance(value, str) and not writable(value):
            raise TextError(
                f"a prompt must be a text that can be written down, got {shorten(value)}; delete that sign"
            )
    return tuple(value.replace("\r\n", "\n") if isinstance(value, str) else value for value in values)


def writable(text: str) -> bool:
    """Whether a text is Unicode as files hold it: JSON may carry half a sign."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def read_strategies(values: Any, sidebar: Any) -> tuple[Strategy, ...]:
    """Strategies by their names; the sidebar's own takes its settings."""
    if not isinstance(values, list) or not values:
        raise SettingError(f"a sweep needs 1 strategy at least, got {shorten(values)}; choose one above")
    return tuple(read_strategy(value, sidebar) for value in values)


def read_strategy(value: Any, sidebar: Any) -> Strategy:
    if value == SIDEBAR:
        return Strategy(SIDEBAR, DecodeSettings.from_dict(as_object("settings", sidebar)).at(1.0))
    if not isinstance(value, str) or value not in NAMED:
        names = ", ".join([*NAMED, SIDEBAR])
        raise SettingError(f"a strategy must be one of {names}, got {shorten(value)}; choose from these")
    return NAMED[value]


def read_seeds(number: Any, first: Any) -> tuple[int, ...]:
    """That many seeds in a row."""
    n = check_whole("the number of seeds", or_nothing(number), 1, MAX_SEEDS, "8 is the default")
    start = check_seed(or_nothing(first))
    return tuple(check_seed(seed) for seed in range(start, start + n))


def check_cells(settings: SweepSettings) -> None:
    """Raises SettingError for more settings than a page can show."""
    kinds = (settings.models, settings.prompts, settings.strategies, settings.temperatures)
    cells = 1
    for kind in kinds:
        cells *= len(kind)
    if cells > MAX_CELLS:
        raise SettingError(
            f"models × prompts × strategies × temperatures must be at most {MAX_CELLS:,} on this page, "
            f"got {cells:,}; take fewer of one, or the terminal"
        )


def read_view(value: Any, settings: SweepSettings) -> View:
    """What the charts show. Raises SettingError."""
    chosen = as_object("the view", value)
    return View(
        lines=one_of(LINES, OWN)("lines", chosen.get("lines")),
        model=place("the model", chosen.get("model"), settings.models),
        prompt=place("the prompt", chosen.get("prompt"), settings.prompts),
        strategy=place("the strategy", chosen.get("strategy"), settings.strategies),
    )


def keys_of(settings: SweepSettings, view: View) -> list[list[CellKey]]:
    """(L, T) the cells of each line, in the order of the settings' temperatures."""
    return [
        [
            CellKey(settings.models[m], settings.prompts[p], settings.strategies[s].name, t)
            for t in settings.temperatures
        ]
        for m, p, s in places(settings, view)
    ]


def places(settings: SweepSettings, view: View) -> list[tuple[int, int, int]]:
    """(L,) model, prompt and strategy of each line."""
    if view.lines == "model":
        return [(m, view.prompt, view.strategy) for m in range(len(settings.models))]
    if view.lines == "prompt":
        return [(view.model, p, view.strategy) for p in range(len(settings.prompts))]
    return [(view.model, view.prompt, s) for s in range(len(settings.strategies))]


def read_cell(value: Any, settings: SweepSettings) -> CellKey:
    """A setting of a sweep, by the places of its values. Raises SettingError."""
    chosen = as_object("the point", value)
    strategy = place("the strategy", chosen.get("strategy"), settings.strategies)
    temperature = place("the temperature", chosen.get("temperature"), settings.temperatures)
    return CellKey(
        settings.models[place("the model", chosen.get("model"), settings.models)],
        settings.prompts[place("the prompt", chosen.get("prompt"), settings.prompts)],
        settings.strategies[strategy].name,
        settings.temperatures[temperature],
    )


def place(name: str, value: Any, among: Sequence[Any]) -> int:
    return check_whole(f"the place of {name}", or_nothing(value), 0, len(among) - 1, OWN)
