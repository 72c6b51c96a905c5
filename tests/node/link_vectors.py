"""Links as Python reads them, for the page's script to read again: of legal parts and of hostile ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from textgen.link import FLAGS, SHARED, TABS, Field, read_link
from textgen.settings import METHODS
from textgen.stages import ORDERS, STAGES
from textgen.ui.link.link import shown

HOSTILE = (
    "",
    "0",
    "-1",
    "1e3",
    "1e999",
    "0,7",
    "0.5,1,2",
    "nan",
    "Infinity",
    "0x10",
    "1_000",
    "null",
    "__proto__",
    "constructor",
    "<b>x</b>",
    "a&b=c#d",
    "🙂 + é%",
    "{}",
    "[]",
    '{"a": 1e9}',
    "sampling,temperature:-1",
    "beam,width:99,width:2",
    "x" * 100,
    "9" * 19,
)
TEXTS = ("", "The king is d", "a\nb\tc", "100% + 1 & more # é 🙂", "“x”=y;z,:/@")


def link_vectors(models: Sequence[str]) -> list[dict[str, Any]]:
    """Links and what Python makes of them, every tab among them."""
    rng = random.Random(5)
    links = [*whole_links(), *(random_link(rng, models) for _ in range(400))]
    forms = {tab: tuple(shown(tab)) for tab in TABS}
    return [answered(link, models, forms) for link in links]


def answered(link: str, models: Sequence[str], forms: Mapping[str, Sequence[Field]]) -> dict[str, Any]:
    read = read_link(link, models, forms)
    return {"link": link, "tab": read.tab, "values": read.values, "problems": list(read.problems)}


def whole_links() -> Iterator[str]:
    """What is wrong with a link as a whole."""
    yield "#v=1"
    yield "#v=2&temperature=0.5"
    yield "#v=&tab=nowhere"
    yield "#v=1&tab=next&tab=draws&temperature=1&temperature=2&temperature=3"
    yield "#v=1&=1&&&top_p&top_k=&zz=%zz&context=%E9%80&model=%"
    yield "#v=1&hasOwnProperty=1&__proto__=2&toString=3&constructor=4"
    yield "https://example.org/lab/?embed=1#v=1&tab=draws&n=1000"


def random_link(rng: random.Random, models: Sequence[str]) -> str:
    """Some fields of a tab, most of them legal."""
    tab = rng.choice(list(TABS))
    fields = [field for field in (*SHARED, *shown(tab)) if rng.random() < 0.4]
    parts = [("v", "1"), ("tab", tab)]
    for field in fields:
        hostile = rng.random() < 0.1
        texts = [rng.choice(HOSTILE)] if hostile else legal_texts(rng, field, models)
        parts += [(field.name, text) for text in texts]
    source = "numbers" if rng.random() < 0.3 else "model"
    dropped = {"numbers": ("model", "context"), "model": ("numbers", "numbers_kind")}[source]
    kept = [part for part in parts if rng.random() < 0.05 or part[0] not in dropped]
    return "#" + "&".join(f"{quote(name)}={quote(text, safe=',:')}" for name, text in kept)


def legal_texts(rng: random.Random, field: Field, models: Sequence[str]) -> list[str]:
    """One legal value of a field, as links have it."""
    some = rng.sample(list(models), rng.randint(1, min(3, len(models))))
    names = rng.sample(field.choices, rng.randint(0, len(field.choices)))
    order = rng.choice([*ORDERS, ",".join(rng.sample(list(STAGES), rng.randint(1, len(STAGES))))])
    made: Mapping[str, list[str]] = {
        "choice": [rng.choice(field.choices or ("",))],
        "names": [",".join(names)],
        "model": [rng.choice(list(models))],
        "models": [",".join(some)],
        "text": [rng.choice(TEXTS)],
        "texts": [rng.choice(TEXTS) for _ in range(rng.randint(1, 3))],
        "flag": [rng.choice(list(FLAGS))],
        "seed": [str(rng.randrange(2**63))],
        "order": [order],
        "bias": [rng.choice(['{"e": -2.5, "#17": null}', '{" ": 100, "é": 1}', "{}"])],
        "panes": [pane(rng) for _ in range(rng.randint(1, 4))],
        "numbers": [",".join(str(number(rng, field)) for _ in range(rng.randint(1, 4)))],
    }
    return made.get(field.kind) or [str(number(rng, field))]


def number(rng: random.Random, field: Field) -> float | int:
    """A number of a field's range, often one of its ends."""
    low, high = max(field.bounds.low, -1e6), min(field.bounds.high, 1e6)
    between = rng.choice([low, high, rng.uniform(low, high), round(rng.uniform(low, high), 2)])
    return round(between) if field.kind == "whole" else between


def pane(rng: random.Random) -> str:
    """One text of Generate, now and then with stages of its own."""
    parts = [rng.choice(list(METHODS)), f"temperature:{rng.choice((0, 0.5, 1, 1.25))}"]
    parts += [f"width:{rng.randint(1, 8)}"] if rng.random() < 0.4 else []
    parts += ["settings:own", "top_p:0.9", "top_k:40"][: rng.randint(1, 3)] if rng.random() < 0.4 else []
    return ",".join(parts)
