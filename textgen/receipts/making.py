"""A request → its result → a receipt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from textgen import __version__
from textgen.errors import ModelError
from textgen.models.folder import weights_sha256
from textgen.models.registry import Registry
from textgen.receipts import beam, chaos, distribution, draws, perplexity, sweep, text
from textgen.receipts.checks import as_kind, as_object, check_tokens
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.records import APP, FORMAT, Made

MAX_STEM = 80  # characters of a file's name


class Kind(Protocol):
    """What the module of a kind does."""

    def checked(self, request: Mapping[str, Any], registry: Registry, /) -> dict[str, Any]:
        """The request, in order and with all that was left out. Raises TextgenError."""
        ...

    def models(self, request: Mapping[str, Any], /) -> tuple[str, ...]:
        """The names of the models that it takes."""
        ...

    def tokens(self, request: Mapping[str, Any], /) -> int:
        """How many tokens are written for it at most."""
        ...

    def computed(self, request: Mapping[str, Any], registry: Registry, /) -> dict[str, Any]:
        """Its result, as JSON takes it. Raises TextgenError."""
        ...

    def csv(self, request: Mapping[str, Any], result: Mapping[str, Any], /) -> str:
        """The result as a table."""
        ...

    def python(self, request: Mapping[str, Any], /) -> str:
        """Source that repeats it with this library."""
        ...

    def transformers(
        self, request: Mapping[str, Any], registry: Registry, result: Mapping[str, Any], /
    ) -> Equivalent:
        """The call of transformers that does the same."""
        ...


MODULES: Mapping[str, Kind] = MappingProxyType(
    {
        "distribution": distribution,
        "draws": draws,
        "text": text,
        "beam": beam,
        "sweep": sweep,
        "chaos": chaos,
        "perplexity": perplexity,
    }
)


def make(
    request: Mapping[str, Any],
    registry: Registry,
    now: datetime,
    result: Mapping[str, Any] | None,
    max_tokens: int,
) -> Made:
    """See `receipts.make`."""
    kind, asked = checked(given_size(request, result), registry, max_tokens)
    found = kind.computed(asked, registry) if result is None else given(asked, result)
    facts = [model_facts(name, registry) for name in kind.models(asked)]
    equivalent = kind.transformers(asked, registry, found)
    receipt = {
        "app": APP,
        "receipt": FORMAT,
        "kind": asked["kind"],
        "version": __version__,
        "time": now.astimezone(UTC).isoformat(timespec="seconds"),
        "models": facts,
        "request": asked,
        "result": found,
        "python": heading(facts) + kind.python(asked),
        "transformers": equivalent.code,
        "transformers_note": equivalent.note,
    }
    return Made(receipt, stem(asked["kind"], kind.models(asked), now), kind.csv(asked, found))


def checked(request: Any, registry: Registry, max_tokens: int) -> tuple[Kind, dict[str, Any]]:
    """The module of a request's kind, and the request with all that was left out.

    Raises TextgenError, before any work, for one that is not right, of a model that is not there, or larger
    than `max_tokens`.
    """
    asked = as_object("a request", request)
    kind = MODULES[as_kind(asked.get("kind"))]
    whole = kind.checked(asked, registry)
    for name in kind.models(whole):
        registry.check(name)
    check_tokens(kind.tokens(whole), max_tokens)
    return kind, whole


def given_size(request: Any, result: Mapping[str, Any] | None) -> Any:
    """A sweep's request says how many texts are finished: those that are given."""
    if result is None or not isinstance(request, Mapping) or request.get("kind") != "sweep":
        return request
    return {**request, "texts": len(result["texts"])}


def given(asked: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """A result that the caller has computed, as JSON would give it back."""
    shape = sweep.shortened(result) if asked["kind"] == "sweep" else result
    return json.loads(json.dumps(shape, allow_nan=False))


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


def stem(kind: str, models: tuple[str, ...], now: datetime) -> str:
    """`text-shakespeare-char-lstm-20261120-151550`: a file's name on any system."""
    of = re.sub(r"[^A-Za-z0-9._-]+", "_", models[0])[:MAX_STEM] if models else "own-numbers"
    return f"{kind}-{of}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
