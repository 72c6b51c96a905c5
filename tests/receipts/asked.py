"""One request of every kind, and of the ways in which a kind is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from textgen.receipts import Built

Make = Callable[..., Built]
Request = dict[str, Any]

REQUESTS: Mapping[str, Request] = {
    "distribution": {
        "kind": "distribution",
        "model": "tiny",
        "context": "bad cab",
        "panels": [
            {"temperature": 0.5},
            {"temperature": 2, "top_k": 5, "top_p": 0.9, "repetition_penalty": 1.3},
            {"temperature": 0},
        ],
    },
    "typed-in numbers": {
        "kind": "distribution",
        "numbers": "a: 0.7, b: 0.3, c: 0",
        "numbers_kind": "probabilities",
        "panels": [{"temperature": 0.5}],
    },
    "draws": {
        "kind": "draws",
        "model": "tiny",
        "context": "bad",
        "settings": {"top_k": 6},
        "temperatures": [0.5, 1, 2],
        "seed": 7,
        "n": 191,
    },
    "text": {
        "kind": "text",
        "model": "tiny",
        "prompt": "bad",
        "seed": 3,
        "texts": [
            {"settings": {"temperature": 0.8}, "length": 25},
            {"settings": {"temperature": 1.2, "top_k": 4}, "length": 25},
            {"settings": {"temperature": 1.2}, "strategy": "greedy", "length": 10},
        ],
    },
    "text by hand": {
        "kind": "text",
        "model": "tiny",
        "prompt": "bad",
        "seed": 3,
        "texts": [
            {"settings": {"temperature": 0.8}, "length": 25, "picks": [[4, 2], [5, 3], [20, 1], [25, 9]]},
            {
                "settings": {},
                "strategy": "beam",
                "width": 3,
                "length": 12,
                "picks": [[0, 4]],
                "legs": [[1, 12]],
            },
            {"settings": {}, "strategy": "beam_sampling", "width": 2, "length": 9, "legs": [[0, 6], [3, 20]]},
        ],
    },
    "beam": {
        "kind": "beam",
        "model": "names",
        "prompt": "ab",
        "beam": {"width": 4, "length": 6, "length_penalty": 0.5, "early_stopping": True},
        "settings": {"no_repeat_ngram": 2},
    },
    "typed-in table": {
        "kind": "beam",
        "table": ": A 0.5, B 0.4, C 0.1\nA: A 0.1, B 0.9",
        "beam": {"width": 2, "length": 3},
        "settings": {},
    },
    "sweep": {
        "kind": "sweep",
        "settings": {
            "models": ["tiny", "names"],
            "prompts": ["ab"],
            "temperatures": [0.5, 1],
            "strategies": {"greedy": {"temperature": 0}, "few": {"top_k": 3}},
            "seeds": [1, 2],
            "length": 12,
            "judge": "tiny",
        },
    },
    "chaos": {
        "kind": "chaos",
        "model": "tiny",
        "prompt": "bad",
        "temperatures": [0.5, 0.9, 1.3],
        "seed": 4,
        "length": 15,
        "settings": {"top_k": 9},
    },
    "perplexity": {
        "kind": "perplexity",
        "model": "names",
        "text": "abc\nfed\nb",
        "temperatures": [0.5, 1, 2],
    },
    "reading": {
        "kind": "reading",
        "model": "names",
        "text": "abc\nZed\nb",
        "settings": {"temperature": 0.7, "top_k": 3},
    },
}


def asked(name: str, **changes: Any) -> Request:
    """A copy of one of them with other values; None leaves a field out."""
    request = {**copy.deepcopy(dict(REQUESTS[name])), **changes}
    return {field: value for field, value in request.items() if value is not None}
