"""A link: everything that decides what a tab of the page shows, behind the `#` of its address.

    #v=1&tab=next&model=shakespeare-char-lstm&context=The+king&temperature=0.5&top_k=40&seed=7

The names are those of requests, receipts and the command line. What is neutral is left out, and what is left
out is neutral, in all later versions too: `neutral` is part of the format, whatever the page begins with.
The page reads and writes links by the same table (`ui/link/record.js`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from textgen.decoding.table_model import FIGURE_12, parse_table
from textgen.errors import ModelError, SettingError, TextgenError, out_of_range, shorten
from textgen.experiments.chaos.settings import MAX_ROWS, grid
from textgen.experiments.draws.counts import MAX_DRAWS, MAX_TOTAL
from textgen.experiments.ratings.rating_set import MAX_EACH, QUESTIONS
from textgen.experiments.requests import (
    BeamRequest,
    ChaosRequest,
    DrawsRequest,
    NextTokenRequest,
    Request,
    SweepRequest,
    TextRequest,
)
from textgen.experiments.sweep.settings import MAX_LENGTH, in_range
from textgen.lessons import lessons
from textgen.models.own import is_own
from textgen.plots.perplexity import SCALES
from textgen.settings import (
    MAX_BEAM_LENGTH,
    MAX_BEAMS,
    MAX_LENGTH_PENALTY,
    MAX_SEED,
    METHODS,
    NAMED,
    STRATEGIES,
    DecodeSettings,
    Strategy,
)
from textgen.stages import ORDERS, PARAMETERS, STAGES, TEMPERATURE, TEMPERATURE_FIRST, Bounds, Parameter
from textgen.text.tokenizer import visible
from textgen.validation import MAX_TEXT

if TYPE_CHECKING:
    from textgen.models.registry import Registry

VERSION = 1
LONGEST = 200_000  # characters of a link
MOST = 64  # values of a list
SIDEBAR = "the sidebar's settings"  # among the strategies of a sweep
DEFAULT_WIDTH = 3  # of a search that names none
MAX_PINS = 8  # tokens that are kept in the panels
SLIDER = "slider"  # among the temperatures of draws: the sidebar's
NO_TEXT = "\N{REPLACEMENT CHARACTER}"
LONGEST_NAME = 200  # characters of a model's name
FLAGS = {"true": True, "1": True, "false": False, "0": False}
NUMBER = re.compile(r" *[-+]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)(e[-+]?[0-9]+)? *", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One part of a link: its name, how it is read, which values are legal, and what it is when left out."""

    name: str
    kind: str  # of READERS
    neutral: Any = None  # None: as the page, or what it is beside, begins
    bounds: Bounds = Bounds()  # noqa: RUF009  # frozen
    choices: tuple[str, ...] = ()  # words that are legal; () of a model: any
    most: int = 1  # values of a list, or characters of a text
    hint: str = "leave it out for the usual one"
    said: str = ""  # what is legal, in words, where the kind alone does not say

    @property
    def legal(self) -> str:
        """What is legal, in words."""
        return self.said or LEGAL[self.kind](self)

    def to_dict(self) -> dict[str, Any]:
        """As the page's script reads it; an end that is open is null."""
        ends = {name: end if abs(end) < 1e300 else None for name, end in asdict(self.bounds).items()}
        named = {name: getattr(self, name) for name in ("name", "kind", "neutral", "most", "hint", "legal")}
        return named | ends | {"choices": list(self.choices)}


def number_words(field: Field) -> str:
    return field.bounds.words()


def whole_words(field: Field) -> str:
    return field.bounds.words(whole=True)


def list_words(field: Field) -> str:
    words = "".join(f" or {word}" for word in field.choices)
    return f"1 to {field.most} numbers with commas between, each {field.bounds.words()}{words}"


def choice_words(field: Field) -> str:
    return f"one of {', '.join(field.choices)}"


def names_words(field: Field) -> str:
    return f"some of {', '.join(field.choices)}, with commas between"


LEGAL: Mapping[str, Callable[[Field], str]] = {
    "number": number_words,
    "whole": whole_words,
    "numbers": list_words,
    "choice": choice_words,
    "names": names_words,
    "model": lambda _: "one of the models that there are",
    "models": lambda _: "models that there are, with commas between",
    "text": lambda field: f"a text of at most {field.most:,} characters",
    "texts": lambda field: f"at most {field.most} texts of at most {MAX_TEXT:,} characters",
    "flag": lambda _: "true or false",
    "seed": lambda _: f"a whole number from 0 to {MAX_SEED}",
    "order": lambda _: f"{' or '.join(ORDERS)}, or names of stages with commas between",
    "bias": lambda _: "a JSON object of tokens and numbers from -100 to 100, or null",
    "panes": lambda field: (
        f"1 to {field.most} texts, each a strategy ({', '.join(METHODS)}) and settings, "
        "such as sampling,temperature:0.5"
    ),
}


# ---- the fields


def field_of(parameter: Parameter) -> Field:
    """A value of a stage."""
    kind = "bias" if parameter.read else "whole" if parameter.whole else "number"
    neutral = {} if parameter.read else parameter.neutral
    said = "" if parameter.read else parameter.legal
    return Field(
        name=parameter.name,
        kind=kind,
        neutral=neutral,
        bounds=parameter.bounds,
        hint=parameter.hint,
        said=said,
    )


def whole(name: str, low: int, high: int, neutral: int | None) -> Field:
    return Field(name=name, kind="whole", neutral=neutral, bounds=Bounds(low, high))


def flag(name: str, neutral: bool) -> Field:
    return Field(name=name, kind="flag", neutral=neutral)


def choice(name: str, neutral: str, *choices: str) -> Field:
    return Field(name=name, kind="choice", neutral=neutral, choices=choices)


def text(name: str, most: int = MAX_TEXT, neutral: str | None = None) -> Field:
    return Field(name=name, kind="text", neutral=neutral, most=most, hint="shorten it")


def temperatures(neutral: Sequence[float], most: int, *words: str) -> Field:
    return Field(
        name="temperatures",
        kind="numbers",
        neutral=list(neutral),
        bounds=TEMPERATURE.bounds,
        choices=words,
        most=most,
        hint=TEMPERATURE.hint,
    )


SHARED: tuple[Field, ...] = (  # what the sidebar says
    Field(name="model", kind="model", hint="`python -m textgen models` lists them"),
    text("context"),
    text("numbers"),
    choice("numbers_kind", "auto", "auto", "probabilities", "logits"),
    *map(field_of, PARAMETERS.values()),
    Field(name="order", kind="order", neutral="temperature first"),
    Field(name="seed", kind="seed"),
    flag("locked", True),
)
SETTINGS = (*PARAMETERS, "order")

TABS: Mapping[str, tuple[Field, ...]] = {  # by the tab's id: its own form
    "learn": (choice("lesson", "", "", *lessons()),),
    "next": (
        temperatures((0.5, 1, 2), MOST),
        flag("stretched", True),
        Field(name="pins", kind="texts", neutral=[], most=MAX_PINS),
    ),
    "generate": (
        Field(
            name="text",
            kind="panes",
            neutral=[
                {"strategy": "sampling", "temperature": t, "width": None, "settings": None}
                for t in (0.2, 0.5, 1, 1.2)
            ],
            bounds=Bounds(1, MAX_BEAMS),
            choices=tuple(METHODS),
            most=MOST,
        ),
        whole("length", 1, MAX_LENGTH, 400),
        flag("colour", True),
        flag("written", False),
    ),
    "draws": (
        temperatures((0.5, 1, 2), MOST, SLIDER),
        whole("n", 1, MAX_DRAWS, 100),
        whole("drawn", 0, MAX_TOTAL, 0),
        Field(name="drawn_seed", kind="seed"),
        whole("table", 1, MOST, None),
        whole("page", 1, 1_000_000, 1),
        flag("open", False),
    ),
    "beam": (
        whole("width", 1, MAX_BEAMS, 3),
        whole("length", 1, MAX_BEAM_LENGTH, 12),
        Field(
            name="length_penalty",
            kind="number",
            neutral=1,
            bounds=Bounds(-MAX_LENGTH_PENALTY, MAX_LENGTH_PENALTY),
            hint="0 compares plain sums",
        ),
        choice("early_stopping", "false", "false", "true", "never"),
        choice("stop", "none", "none", "line", "sentence"),
        flag("sampling", False),
        text("table"),
        whole("step", 0, MAX_BEAM_LENGTH, None),
        flag("pruned", False),
    ),
    "sweep": (
        Field(name="models", kind="models", most=MOST),
        Field(name="prompts", kind="texts", most=MOST),
        text("temperatures", 400, "0.1:2:0.1"),
        Field(name="strategies", kind="names", choices=(*NAMED, SIDEBAR), most=MOST),
        whole("seeds", 1, MOST, 8),
        Field(name="first_seed", kind="seed", neutral="0"),
        whole("length", 1, MAX_LENGTH, 200),
        Field(name="judge", kind="model", neutral=""),
    ),
    "chaos": (
        Field(name="low", kind="number", neutral=0.5, bounds=TEMPERATURE.bounds),
        Field(name="high", kind="number", neutral=1.5, bounds=TEMPERATURE.bounds),
        whole("rows", 2, MAX_ROWS, 41),
        whole("length", 1, MAX_LENGTH, 120),
        choice("view", "text", "text", "map"),
        flag("fold", True),
    ),
    "calibration": (
        Field(name="beside", kind="models", neutral=[], most=MOST),
        choice("scale", "", "", *SCALES),
    ),
    "ratings": (
        whole("each", 1, MAX_EACH, 3),
        choice("question", "coherence", *QUESTIONS),
        Field(name="order_seed", kind="seed", neutral="1"),
    ),
    "class": (),
    "model": (Field(name="beside", kind="model"), whole("length", 1, MAX_LENGTH, None)),
}


def fields_of(form: Iterable[Field], models: Sequence[str]) -> dict[str, Field]:
    """All fields of a link to a tab with this form, by name; a model is one of `models`, where there are."""
    named = (
        replace(field, choices=tuple(models)) if field.kind in ("model", "models") else field
        for field in (*SHARED, *form)
    )
    return {field.name: field for field in named}


# ---- reading


@dataclass(frozen=True)
class Link:
    """What a link says: every field of its tab, and a sentence for each part that could not be read."""

    tab: str
    values: Mapping[str, Any]  # by name; what was left out or damaged is neutral
    problems: tuple[str, ...] = ()

    @property
    def settings(self) -> DecodeSettings:
        """The values of the stages and their order."""
        return DecodeSettings.from_dict({name: self.values[name] for name in SETTINGS})

    def request(self, registry: Registry) -> Request:
        """What gives the result that the tab shows. Raises TextgenError for a tab that shows none."""
        if self.tab not in REQUESTS:
            raise SettingError(f"the tab {self.tab} shows no result of its own; choose another one")
        return REQUESTS[self.tab](self, registry)

    def source(self, registry: Registry) -> dict[str, Any]:
        """The numbers, or the model and its context; a model that is left out is the first there is."""
        if self.values["numbers"] is not None:
            return {name: self.values[name] for name in ("numbers", "numbers_kind")}
        return {"model": self.model(registry), "context": self.values["context"] or ""}

    def model(self, registry: Registry) -> str:
        """The model's name. Raises TextgenError where there is none, or numbers are typed in."""
        if self.values["numbers"] is not None:
            raise SettingError("this tab needs a model, got typed-in numbers; choose a model")
        name = self.values["model"] or registry.first()
        if name is None:
            raise ModelError(f"there are no models in {registry.root}; put a model folder there")
        return name

    def written(self, registry: Registry) -> dict[str, Any]:
        """Model, prompt and seed of a text."""
        return {"model": self.model(registry), "prompt": self.values["context"] or "", "seed": self.seed}

    @property
    def seed(self) -> str:
        """Its digits; 0 where none is named."""
        return self.values["seed"] or "0"


def read_link(address: str, models: Sequence[str] = (), forms: Mapping[str, Iterable[Field]] = TABS) -> Link:
    """A link, or the part of it behind the `#`. Raises SettingError for what is no link at all.

    `models` are those that there are, if it is known; `forms` is what can be shown of each tab's.
    """
    parts, problems = parts_of(address)
    tab = (parts.pop("tab", None) or ["next"])[0]
    if tab not in TABS:
        problems.append(
            str(out_of_range("tab", f"one of {', '.join(TABS)}", named(tab), "next is the first"))
        )
        tab = "next"
    values: dict[str, Any] = {}
    for name, field in fields_of(forms[tab], models).items():
        values[name], problem = value_of(field, parts.pop(name, None))
        problems += problem
    problems += [f"a link to this tab has no {shorten(name)}; it is left out" for name in parts]
    if None not in (values["model"], values["numbers"]):
        values["numbers"] = None
        problems.append("numbers stand instead of a model, got both; the numbers are left out")
    return Link(tab, values, tuple(problems))


def parts_of(address: str) -> tuple[dict[str, list[str]], list[str]]:
    """The texts of a link by their name, and what is wrong with it as a whole. Raises SettingError."""
    if len(address) > LONGEST:
        raise SettingError(
            f"a link must be at most {LONGEST:,} characters, got {len(address):,}; make it anew"
        )
    _, sign, behind = address.partition("#")
    parts: dict[str, list[str]] = {}
    problems: list[str] = []
    for part in filter(None, (behind if sign else address).split("&")):
        name, _, value = part.partition("=")
        texts = parts.setdefault(plain(name), [])
        texts.append(plain(value))
        if texts[-1].count(NO_TEXT) > value.upper().count("%EF%BF%BD") + value.count(NO_TEXT):
            problems.append(f"{shorten(plain(name))} holds bytes that are no text; each is a {NO_TEXT} now")
    if "v" not in parts:
        raise SettingError(f"a link must hold v={VERSION}, got {shorten(address)}; copy it from Share")
    version = parts.pop("v")[0]
    if version != str(VERSION):
        problems.append(str(out_of_range("v", str(VERSION), named(version), "what can be read of it is")))
    return parts, problems


def plain(escaped: str) -> str:
    """Text as it stands in an address → as it is meant; what is no UTF-8 becomes �."""
    return unquote_to_bytes(escaped.replace("+", " ")).decode("utf-8", "replace")


def value_of(field: Field, texts: Sequence[str] | None) -> tuple[Any, list[str]]:
    """A field's value, and why it is not the one that the link has, if it is not."""
    if texts is None:
        return neutral_of(field), []
    try:
        if len(texts) > 1 and field.kind not in ("texts", "panes"):
            raise out_of_range(field.name, "there once", f"{len(texts)} times", "leave the others out")
        value = READERS[field.kind](field, texts if field.kind in ("texts", "panes") else texts[0])
        if value is None:
            raise out_of_range(field.name, field.legal, named(texts[0]), field.hint)
    except TextgenError as error:
        return neutral_of(field), [str(error)]
    return value, []


def neutral_of(field: Field) -> Any:
    """A value of its own, which nobody else changes."""
    return json.loads(json.dumps(field.neutral))


def named(value: str) -> str:
    return value or "nothing"


def read_number(field: Field, value: str) -> float | None:
    if not NUMBER.fullmatch(value):
        return None
    number = float(value.replace(",", "."))
    return number if field.bounds.hold(number) else None


def read_whole(field: Field, value: str) -> int | None:
    number = read_number(field, value)
    return int(number) if number is not None and number.is_integer() else None


def read_numbers(field: Field, value: str) -> list[Any] | None:
    words = value.split(",")
    found = [word if word in field.choices else read_number(field, word) for word in words]
    return found if None not in found and len(found) <= field.most else None


def read_choice(field: Field, value: str) -> str | None:
    return value if value in field.choices else None


def read_names(field: Field, value: str) -> list[str] | None:
    names = value.split(",") if value else []
    known = not field.choices or all(name in field.choices for name in names)
    return names if known and len(names) <= field.most and len(set(names)) == len(names) else None


def read_model(field: Field, value: str) -> str | None:
    known = value in field.choices if field.choices else len(value) <= LONGEST_NAME
    return value if known or is_own(value) else None


def read_models(field: Field, value: str) -> list[str] | None:
    own = filter(is_own, value.split(",")) if field.choices else ()
    return read_names(replace(field, choices=(*field.choices, *own)), value)


def read_text(field: Field, value: str) -> str | None:
    return value if len(value) <= field.most else None


def read_texts(field: Field, values: Sequence[str]) -> list[str] | None:
    fits = len(values) <= field.most and all(len(value) <= MAX_TEXT for value in values)
    return list(values) if fits else None


def read_seed(_field: Field, value: str) -> str | None:
    digits = value.isascii() and value.isdecimal() and len(value) <= 19
    return str(int(value)) if digits and int(value) <= MAX_SEED else None


def read_order(_field: Field, value: str) -> Any:
    """The name of an order, or the stages in theirs: those that are not named come where they usually do."""
    if value in ORDERS:
        return value
    order = value.split(",")
    if len(set(order)) < len(order) or not set(order) <= set(STAGES):
        return None
    for place, name in enumerate(TEMPERATURE_FIRST):
        if name not in order:
            before = [other for other in TEMPERATURE_FIRST[:place] if other in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, name)
    return order


def read_bias(field: Field, value: str) -> dict[str, float | None] | None:
    try:
        return PARAMETERS[field.name].check(field.name, value).to_json() if value[:1] == "{" else None
    except TextgenError:
        return None


def read_panes(field: Field, values: Sequence[str]) -> list[dict[str, Any]] | None:
    panes = [read_pane(field, value) for value in values]
    return panes if None not in panes and len(panes) <= field.most else None  # type: ignore[return-value]


def read_pane(field: Field, value: str) -> dict[str, Any] | None:
    """One text: `beam,width:3`; after `settings:own`, values of stages in the place of all the sidebar's."""
    strategy, *parts = value.split(",")
    pairs = dict(part.split(":", 1) for part in parts if ":" in part)
    own = pairs.pop("settings", None)
    fields = {"temperature": field_of(TEMPERATURE), "width": replace(field, kind="whole")}
    if own is not None:
        fields |= {name: field_of(one) for name, one in PARAMETERS.items() if not one.read}
    if strategy not in field.choices or own not in (None, "own") or not set(pairs) <= set(fields):
        return None
    values = {name: READERS[fields[name].kind](fields[name], text) for name, text in pairs.items()}
    if None in values.values() or len(pairs) + (own is not None) < len(parts):
        return None
    always = {"temperature": values.pop("temperature", 1), "width": values.pop("width", None)}
    return {"strategy": strategy, **always, "settings": None if own is None else values}


# ---- what a tab shows, as a request

SEARCH_ENDS = {"none": "", "line": "\n", "sentence": "."}  # at which a search's texts end, by the form's word
EARLY = {"false": False, "true": True, "never": "never"}


def next_request(link: Link, registry: Registry) -> Request:
    first = link.settings
    panels = [first, *map(first.at, link.values["temperatures"])]
    return NextTokenRequest.from_json(
        {**link.source(registry), "panels": [panel.to_dict() for panel in panels]}
    )


def draws_request(link: Link, registry: Registry) -> Request:
    values, settings = link.values, link.settings
    sliding = settings.temperature
    temperatures = [sliding if t == SLIDER else t for t in values["temperatures"]]
    counted = {
        "temperatures": list(dict.fromkeys(temperatures)),
        "n": values["drawn"] or values["n"],
        "seed": values["drawn_seed"] or link.seed,
    }
    return DrawsRequest.from_json({**link.source(registry), "settings": settings.at(1).to_dict(), **counted})


def text_request(link: Link, registry: Registry) -> Request:
    texts = [text_spec(pane, link) for pane in link.values["text"]]
    return TextRequest.from_json({**link.written(registry), "texts": texts})


def text_spec(pane: Mapping[str, Any], link: Link) -> dict[str, Any]:
    """One of the texts: how it is written, under its own stages or the sidebar's."""
    settings = link.settings.to_dict()
    if pane["settings"] is not None:
        settings = DecodeSettings().to_dict() | {"order": settings["order"]} | pane["settings"]
    own = {"settings": settings | {"temperature": pane["temperature"]}, "strategy": pane["strategy"]}
    return own | {"length": link.values["length"], "width": pane["width"] or DEFAULT_WIDTH}


def beam_request(link: Link, registry: Registry) -> Request:
    values = link.values
    if values["numbers"] is not None:
        table = values["table"] or FIGURE_12
        source, labels = {"table": table}, parse_table(table).labels
    else:
        source = {"model": link.model(registry), "prompt": values["context"] or ""}
        labels = registry.get(source["model"]).labels
    end = visible(SEARCH_ENDS[values["stop"]])
    beam = {
        **{name: values[name] for name in ("width", "length", "length_penalty", "sampling")},
        "early_stopping": EARLY[values["early_stopping"]],
        "stops": [token for token, label in enumerate(labels) if label == end],
        "seed": link.seed,
    }
    request = BeamRequest.from_json({**source, "beam": beam, "settings": link.settings.to_dict()})
    return request.resolved(registry)


def sweep_request(link: Link, registry: Registry) -> Request:
    values, first = link.values, int(link.values["first_seed"])
    names = values["strategies"] or [strategy.name for strategy in STRATEGIES]
    own = Strategy("sidebar", link.settings.at(1))
    strategies = [own if name == SIDEBAR else NAMED[name] for name in names]
    settings = {
        "models": values["models"] or [link.model(registry)],
        "prompts": values["prompts"] or [values["context"] or ""],
        "temperatures": sweep_temperatures(values["temperatures"]),
        "strategies": {strategy.name: strategy.to_dict() for strategy in strategies},
        "seeds": list(range(first, first + values["seeds"])),
        "length": values["length"],
        "judge": values["judge"],
    }
    return SweepRequest.from_json({"settings": settings})


def sweep_temperatures(text: str) -> list[Any]:
    """`0.2, 0.5, 1:2:0.5` → the numbers; what is none is left for the sweep to refuse."""
    words = re.split(r"[,;\s]+", text.strip())
    found: list[Any] = []
    for word in words:
        found += in_range(word) if ":" in word else [float(word) if NUMBER.fullmatch(word) else word]
    return found


def chaos_request(link: Link, registry: Registry) -> Request:
    values = link.values
    temperatures = list(grid(values["low"], values["high"], values["rows"]))
    own = {
        "temperatures": temperatures,
        "length": values["length"],
        "settings": link.settings.at(1).to_dict(),
    }
    return ChaosRequest.from_json({**link.written(registry), **own})


REQUESTS: Mapping[str, Callable[[Link, Registry], Request]] = {
    "next": next_request,
    "generate": text_request,
    "draws": draws_request,
    "beam": beam_request,
    "sweep": sweep_request,
    "chaos": chaos_request,
}

READERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "number": read_number,
    "whole": read_whole,
    "numbers": read_numbers,
    "choice": read_choice,
    "names": read_names,
    "model": read_model,
    "models": read_models,
    "text": read_text,
    "texts": read_texts,
    "flag": lambda _, value: FLAGS.get(value),
    "seed": read_seed,
    "order": read_order,
    "bias": read_bias,
    "panes": read_panes,
}
