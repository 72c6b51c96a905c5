"""A request and its result → a receipt and the other files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from textgen import __version__
from textgen.errors import ModelError
from textgen.experiments.requests import Request, Result, request_from_json
from textgen.models.folder import weights_sha256
from textgen.models.registry import Registry
from textgen.receipts.python import python_code
from textgen.receipts.records import APP, FORMAT, Built
from textgen.receipts.tables import csv_table
from textgen.receipts.transformers import equivalent

MAX_STEM = 80  # characters of a file's name


def build(
    request: Request | Mapping[str, Any],
    registry: Registry,
    now: datetime,
    result: Result | None,
    max_tokens: int,
) -> Built:
    """See `receipts.build`."""
    asked = request if isinstance(request, Request) else request_from_json(request)
    asked.check(registry, max_tokens)
    asked = asked.resolved(registry)
    content = as_json_gives_it((result or asked.run(registry)).to_json())
    facts = [model_facts(name, registry) for name in asked.models()]
    theirs = equivalent(asked, registry, content)
    receipt = {
        "app": APP,
        "receipt": FORMAT,
        "kind": asked.kind,
        "version": __version__,
        "time": now.astimezone(UTC).isoformat(timespec="seconds"),
        "models": facts,
        "request": asked.to_json(),
        "result": content,
        "python": heading(facts) + python_code(asked),
        "transformers": theirs.code,
        "transformers_note": theirs.note,
    }
    return Built(receipt, stem(asked, now), csv_table(asked, content))


def as_json_gives_it(value: dict[str, Any]) -> dict[str, Any]:
    """A JSON value as it is read again: keys are texts, tuples lists."""
    return json.loads(json.dumps(value, allow_nan=False))


def model_facts(name: str, registry: Registry) -> dict[str, Any]:
    """What identifies a model. Raises ModelError."""
    info = registry.info(name)
    corpus = info.config.corpus
    return {
        "name": name,
        "title": info.title,
        "weights_sha256": sha256_of(name, registry),
        "corpus": {"name": corpus.name or None, "sha256": corpus.sha256 or None},
    }


def sha256_of(name: str, registry: Registry) -> str:
    """The checksum of a model's weights. Raises ModelError."""
    folder = registry.folder(name)
    try:
        return weights_sha256(folder)
    except OSError as error:
        raise ModelError(
            f"the weights in {folder} cannot be read ({error}); train or copy the model again"
        ) from error


def heading(facts: list[dict[str, Any]]) -> str:
    """A remark on what the source below was run with."""
    weights = "".join(
        f"# {model['name']}: weights with the sha256 {model['weights_sha256']}\n" for model in facts
    )
    return f"# {APP} {__version__}\n{weights}"


def stem(request: Request, now: datetime) -> str:
    """`text-shakespeare-char-lstm-20261120-151550`: a file's name on any system."""
    models = request.models()
    of = re.sub(r"[^A-Za-z0-9._-]+", "_", models[0])[:MAX_STEM] if models else "own-numbers"
    return f"{request.kind}-{of}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
