"""What Python computes, for the page's scripts to compute again: distributions under all stages."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tests.test_stages import TYPED, typed_in
from textgen.decoding.pipeline import Pipeline
from textgen.experiments.metrics.metrics import summarize
from textgen.graphemes import clip, clip_start, graphemes
from textgen.history import History
from textgen.plots import theme
from textgen.records import Floats
from textgen.settings import DecodeSettings
from textgen.stages import ORDERS, PARAMETERS, STAGES, as_json

# By label, by the text of one that cannot be seen, by id; what bans all.
BIASES: list[Any] = [
    {"a": None},
    {"#0": -2.5},
    {"b": 1.5, " ": None, "\n": -100, "#6": 40},
    {"a": None, "b": None, "c": 3},
]
# Every stage takes those of them that are legal.
NUMBERS = (0, 1e-9, 0.01, 0.25, 0.5, 0.9, 1 - 1e-9, 1, 1.5, 3, 7, 65, 100, 1000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Case:
    """Raw logits (V,) float32, settings, the ids of the text so far and those that end one."""

    logits: np.ndarray
    settings: DecodeSettings
    history: Sequence[int] = ()
    stops: Sequence[int] = ()

    @property
    def labels(self) -> list[str]:
        return [label_of(token) for token in range(len(self.logits))]


def label_of(token: int) -> str:
    """a, b, c, a space as it is shown; then numbers."""
    return "abc␣⏎#"[token] if token < 6 else str(token)


def decoding_vectors() -> dict[str, Any]:
    """All cases with Python's answers, and the neutral values of the stages."""
    cases = [*one_stage_cases(), *cases_on_a_bound(), *random_cases(400)]
    neutral = {name: as_json(stage.neutral) for name, stage in STAGES.items()}
    return {"neutral": neutral, "cases": [answered(case) for case in cases]}


def one_stage_cases() -> Iterator[Case]:
    """Every stage alone, at the ends of its range and between, on every one of the nasty logits."""
    settings = [DecodeSettings.from_dict({name: value}) for name in STAGES for value in values_of(name)]
    for logits, setting in product(nasty_logits(), settings):
        if len(logits) < 7 and any(
            isinstance(token, str) or token for token, _ in setting.logit_bias.entries
        ):
            continue  # it has not all of those tokens
        last = len(logits) - 1
        yield Case(logits, setting, history=[0, last, 0, last, last // 2, 0], stops=[last // 2])


def cases_on_a_bound() -> Iterator[Case]:
    """Typed-in probabilities that meet a bound exactly, but for what float32 made of their logarithms."""
    bounds = ("top_p", "min_p", "typical", "epsilon", "eta", "xtc")
    for percents in TYPED:
        logits = typed_in(percents).astype(np.float32)
        shares = [percent / 100 for percent in (*percents, *np.cumsum(percents)[:-1].tolist())]
        shares += [percent / percents[0] for percent in percents[1:]]
        for name, share in product(bounds, sorted(set(shares))):
            if STAGES[name].holds(share):
                yield Case(logits, DecodeSettings.from_dict({name: share}))


def nasty_logits() -> list[np.ndarray]:
    """One token, ties, removed tokens, signed zeros, huge and tiny gaps, many tokens."""
    rng = np.random.default_rng(11)
    inf = np.inf
    rows = [
        [0.0],
        [-50.0],
        [3.0, 3.0],
        [0.0, -0.0, 0.0, -0.0],
        [1.0] * 65,
        [2.0, 1.0, 2.0, 1.0, 2.0, 0.0, 0.0],
        [-inf, 1.0, -inf, 1.0, 0.5, -inf],
        [-inf, -inf, -7.0],
        [1e4, 0.0, -1e4, 1e4],
        [3e38, -3e38, 0.0],
        [1e-38, 0.0, -1e-38, 1e-45],
        [80.0, -80.0, 79.99999, 0.0],
        np.round(rng.normal(0, 2, 65)),
        rng.normal(0, 5, 300),
        -np.log(np.arange(1, 601)),  # Zipf
    ]
    return [np.array(row, dtype=np.float32) for row in rows]


def random_cases(count: int) -> Iterator[Case]:
    """Any logits under any stages in any order."""
    rng = np.random.default_rng(7)
    for index in range(count):
        size = int(rng.choice([1, 2, 3, 12, 65, 300]))
        logits = random_logits(rng, index, size)
        history = rng.integers(size, size=rng.integers(0, 12)).tolist()
        stops = rng.integers(size, size=rng.integers(0, 3)).tolist()
        yield Case(logits.astype(np.float32), random_settings(rng, size), history, stops)


def random_logits(rng: np.random.Generator, index: int, size: int) -> Floats:
    """Plain ones, then ones with ties, at the ends of the scale, with removed tokens."""
    logits = rng.normal(0, rng.choice([0.1, 1, 5, 40]), size)
    if index % 5 == 1:
        logits = np.round(logits)
    if index % 5 == 2:
        logits = np.clip(logits * 80, -80, 80)
    if index % 7 == 3 and size > 2:
        logits[rng.integers(size, size=size // 3)] = -np.inf
        logits[0] = 0.0
    return logits


def random_settings(rng: np.random.Generator, size: int) -> DecodeSettings:
    """Every stage on or off, by a coin; the order a known one or any."""
    names = [name for name in PARAMETERS if rng.random() < 0.5 and (size > 6 or name != "logit_bias")]
    orders = [*ORDERS.values(), rng.permutation(DecodeSettings().order).tolist()]
    values = {name: between(rng, name) for name in names}
    return DecodeSettings.from_dict({**values, "order": orders[rng.integers(len(orders))]})


def values_of(name: str) -> list[Any]:
    """Legal values of a stage, in their order, but for the one that turns it off."""
    stage = PARAMETERS[name]
    if stage.read:
        return BIASES
    legal = filter(stage.holds, NUMBERS)
    return [x for x in legal if x != stage.neutral and (not stage.whole or x == int(x))]


def between(rng: np.random.Generator, name: str) -> Any:
    """One of a stage's values, or a legal number between it and the next."""
    stage, values = PARAMETERS[name], values_of(name)
    if stage.read:
        return values[rng.integers(len(values))]
    place = rng.integers(len(values) - 1)
    low, high = values[place : place + 2]
    drawn = float(rng.uniform(low, high))
    number = round(drawn) if stage.whole else drawn
    return number if stage.holds(number) and rng.random() < 0.8 else low


def answered(case: Case) -> dict[str, Any]:
    """A case and what Python makes of it, as JSON."""
    settings = case.settings.for_tokens(case.labels)
    steps = Pipeline(settings).trace(case.logits, History(case.history, stops=case.stops))
    summary = summarize(steps[-1].probabilities)
    return {
        "logits": base64_of(case.logits, "<f4"),
        "settings": case.settings.to_dict(),
        "text": {"ids": list(case.history), "stops": list(case.stops), "labels": case.labels},
        "steps": [
            {
                "name": step.name,
                "probabilities": base64_of(step.probabilities, "<f8"),
                "kept": step.kept.astype(int).tolist(),
                "removedMass": step.removed_mass,
                "changed": step.changed,
            }
            for step in steps
        ],
        "summary": {
            "entropy": summary.entropy,
            "choices": summary.choices,
            "top": summary.top,
            "kept": summary.kept,
        },
        "ranking": np.argsort(-case.logits, kind="stable").tolist(),
    }


def base64_of(values: np.ndarray, dtype: str) -> str:
    return base64.b64encode(values.astype(dtype).tobytes()).decode()


def thermal_vectors() -> list[tuple[float, str]]:
    """Temperatures and their colours: the ends, what lies beyond them, the stops and between."""
    stops = [stop for stop, _ in theme.THERMAL]
    temperatures = [-1.0, 100.0, *stops, *np.linspace(0, 3, 401).tolist()]
    return [(t, theme.thermal(t)) for t in temperatures]


def plain_vectors() -> list[tuple[str, str]]:
    """Labels as they are, and as Plotly has to be given them."""
    texts = ["", "a", "<b>", "a & b", "&lt;", "<<>>&&", "⏎", "🙂 <i>é</i>", "${7*6} {{value}}"]
    return [(text, theme.plain(text)) for text in texts]


# Characters that are made of several code points, and such as join others where they should not.
SEEN = (
    *(
        "a",
        "é",
        "e\u0301",
        "q\u0323\u0307",
        "ß",
        "␣",
        "\r\n",
        "\n",
        "\u200e",
        "א",
        "שׁ",
        "ที่",
        "क्षि",
        "नी",
        "த்",
    ),
    *(
        "각",
        "\u1100\u1161\u11a8",
        "字",
        "😀",
        "👍🏽",
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "🇬🇧",
        "🇺",
        "🏴\U000e0067\U000e0062\U000e007f",
        "❤️",
        "1️⃣",
    ),
    *("\u200d", "\u0301", "\ufe0f"),
)


def cut_vectors() -> list[dict[str, Any]]:
    """Texts, the characters that a reader sees in them, and the texts cut to a few of those."""
    rng = np.random.default_rng(5)
    drawn = ["".join(rng.choice(SEEN, rng.integers(0, 9))) for _ in range(400)]
    texts = [*SEEN, *drawn, "😀" * 120 + "a", "e" + "\u0301" * 100 + "x", "abcde" * 40, "🇬🇧" * 30]
    return [
        {
            "text": text,
            "characters": list(graphemes(text)),
            "most": most,
            "clip": clip(text, most),
            "clipStart": clip_start(text, most),
        }
        for i, text in enumerate(texts)
        for most in [1 + i % 6]
    ]
