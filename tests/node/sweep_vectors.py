"""Sweeps as forms, and how large they are in Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from textgen.errors import SettingError
from textgen.experiments.sweep.settings import SweepSettings, temperatures_in
from textgen.settings import NAMED
from textgen.ui.server.limits import Limits
from textgen.ui.sweep.tab import SIDEBAR, view_config

TEMPERATURES = (
    "0.5",
    "0.2, 0.5;1 \n 2",
    "0.1:2:0.1",
    "0, 0.5:1:0.25, 3",
    ".5 1. 1e-1 +2 2E0",
    "1:1:0.1",
    "0.3:0.7:0.2",
    "0.01:9:0.01",
    "0.1:1.099:0.001",
    "",
    " ,; ",
    "warm",
    "0.5, warm",
    "1_0",
    "0x1",
    "inf",
    "nan",
    "1:2",
    "1:2:0",
    "1:2:-1",
    "2:1:0.1",
    "1:2:0.1:1",
    "::",
    "0:nan:1",
    "1e999:1e999:1",
    "0:1:1e-999",
    "0:1:1e-9",
    "0.1:5:0.001",
    "0:1e999:1",
    "0:1:0.002, 1.1:2:0.001",
)


def sweep_vectors() -> dict[str, Any]:
    """What the page's own parser and arithmetic must agree with."""
    return {
        "config": view_config(Limits()),
        "temperatures": [[text, read(text)] for text in TEMPERATURES],
        "sizes": [sized(form) for form in forms()],
    }


def read(text: str) -> list[float] | str:
    """The temperatures; of a text that is none whether it is `many` or of another `format`."""
    try:
        return list(temperatures_in(text))
    except SettingError as error:
        return "many" if "at most" in str(error) else "format"


def forms(count: int = 60) -> list[dict[str, Any]]:
    """Legal forms of all sizes."""
    rng = np.random.default_rng(7)
    names = [SIDEBAR, *NAMED]
    return [
        {
            "models": [f"m{i}" for i in range(rng.integers(1, 4))],
            "prompts": [
                f"p🙂{i}" * int(rng.integers(0 if not i else 1, 90)) for i in range(rng.integers(1, 4))
            ],
            "temperatures": str(rng.choice(["0", "0, 0.5;1 2", "0.1:2:0.1", "0:1:0.25", "1"])),
            "strategies": rng.permutation(names)[: rng.integers(1, len(names) + 1)].tolist(),
            "seeds": int(rng.integers(1, 65)),
            "first": int(rng.integers(100)),
            "length": int(rng.integers(1, 200)),
            "judge": str(rng.choice(["", "m0"])),
        }
        for _ in range(count)
    ]


def sized(form: dict[str, Any]) -> dict[str, Any]:
    """A form with its numbers, and the settings that its request must come to."""
    strategies = [name for name in form["strategies"] if name != SIDEBAR]
    own = {"sidebar: all stages off": {}} if SIDEBAR in form["strategies"] else {}
    settings = SweepSettings.from_dict(
        {
            "models": form["models"],
            "prompts": form["prompts"],
            "temperatures": form["temperatures"],
            "strategies": {**{name: NAMED[name].to_dict() for name in strategies}, **own},
            "seeds": range(form["first"], form["first"] + form["seeds"]),
            "length": form["length"],
            "judge": form["judge"],
        }
    )
    size = {"texts": settings.texts, "tokens": settings.tokens, "cost": settings.cost}
    return {"form": form, "size": size, "settings": settings.to_dict()}
