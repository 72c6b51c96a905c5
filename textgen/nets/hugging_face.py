"""A causal language model of Hugging Face's transformers: GPT-2, Llama, Qwen and whatever else it builds.

The net is the library's own, made from its configuration; no code of a checkpoint is run. This file is what
lies between: keys and values as a plain state, a window that slides, and rows that compute one by one, so
that each gives the same alone and in company to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import torch
from torch import Tensor

from textgen.errors import SettingError, shorten
from textgen.nets.base import LanguageModel, NetSizes
from textgen.validation import as_object, whole

MAX_LAYERS = 1_000
MAX_BUFFERS = 500_000_000  # bytes that a net keeps besides its weights
NEVER = ("auto_map", "quantization_config", "_attn_implementation", "dtype", "torch_dtype", "_name_or_path")
INSTALL = "transformers is needed for this model; install it: pip install -e '.[hf]'"


class KeysValues(NamedTuple):
    """What a layer keeps of n tokens."""

    keys: Tensor  # (B, heads, n, d)
    values: Tensor  # (B, heads, n, d)


class HuggingFaceState(NamedTuple):
    """The last n ids that it can see, and what each layer keeps of them; nothing once its window slides."""

    ids: Tensor  # (B, n)
    layers: tuple[KeysValues, ...]


def as_config(name: str, value: Any) -> Mapping[str, Any]:
    """A configuration of transformers, without what could load other code. Raises SettingError."""
    config = {key: item for key, item in as_object(name, value).items() if key not in NEVER}
    for key in ("num_hidden_layers", "n_layer", "num_layers"):
        if (layers := whole(config.get(key, 1))) is None or not 0 < layers <= MAX_LAYERS:
            raise SettingError(f"{name}.{key} must be from 1 to {MAX_LAYERS:,}, got {shorten(config[key])}")
    return config


class HuggingFaceLM(LanguageModel):
    """Another library's net behind our contract."""

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """Whatever transformers' configuration says."""

        config: Annotated[Mapping[str, Any], as_config]

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.vocab_size = sizes.vocab_size
        self.model: Any = built(sizes.config)
        config = self.model.config.get_text_config()
        self.context = getattr(config, "max_position_embeddings", None) or None
        if config.vocab_size != sizes.vocab_size:
            raise SettingError(f"sizes.vocab_size must be {config.vocab_size}, got {sizes.vocab_size}")

    @property
    def limit(self) -> float:
        """How many tokens it sees at most."""
        return math.inf if self.context is None else self.context

    def unroll(self, ids: Tensor, state: HuggingFaceState | None = None) -> tuple[Tensor, HuggingFaceState]:
        past = () if state is None else state.layers
        text = ids if state is None else torch.cat((state.ids, ids), dim=1)
        if text.shape[1] <= self.limit and (state is None or past):
            logits, layers = self._read(ids, past)
            return logits, self._keep(text, layers)
        assert self.context is not None
        logits, layers = self._read(text[:, : self.context], ())
        rest = [self._read(window, (), 1)[0] for window in text[:, 1:].unfold(1, self.context, 1).unbind(1)]
        return torch.cat((logits, *rest), dim=1)[:, -ids.shape[1] :], self._keep(text, layers)

    @torch.no_grad()
    def prefill(self, ids: Tensor, state: HuggingFaceState | None = None) -> tuple[Tensor, HuggingFaceState]:
        rows = [self._read_row(row, state and self.select(state, one)) for row, one in each_row(ids)]
        return torch.cat([logits for logits, _ in rows]), joined([after for _, after in rows])

    def step(self, ids: Tensor, state: HuggingFaceState) -> tuple[Tensor, HuggingFaceState]:
        return self.prefill(ids[:, None], state)

    def _read_row(self, ids: Tensor, state: HuggingFaceState | None) -> tuple[Tensor, HuggingFaceState]:
        """ids (1, T) → logits (1, V) after the last one, state."""
        text = ids if state is None else torch.cat((state.ids, ids), dim=1)
        goes_on = state is not None and state.layers and text.shape[1] <= self.limit
        past = state.layers if state is not None and goes_on else ()
        seen = text if self.context is None else text[:, -self.context :]
        logits, layers = self._read(ids if goes_on else seen, past, 1)
        return logits[:, -1], self._keep(text, layers)

    def _read(
        self, ids: Tensor, past: tuple[KeysValues, ...], last: int = 0
    ) -> tuple[Tensor, tuple[KeysValues, ...]]:
        """ids (B, T) after a past → logits (B, T, V) or those of the `last` ones, what layers keep of all."""
        from transformers import DynamicCache

        cache = DynamicCache(past) if past else DynamicCache()
        found = self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=last)
        return found.logits.float(), kept(cache)

    def _keep(self, text: Tensor, layers: tuple[KeysValues, ...]) -> HuggingFaceState:
        """The state after a text (B, L): with what layers keep, while the next token is in sight, too."""
        if text.shape[1] < self.limit:
            return HuggingFaceState(text, layers)
        return HuggingFaceState(text[:, text.shape[1] + 1 - int(self.limit) :], ())

    def select(self, state: HuggingFaceState, rows: Tensor) -> HuggingFaceState:
        layers = tuple(KeysValues(keys[rows], values[rows]) for keys, values in state.layers)
        return HuggingFaceState(state.ids[rows], layers)


def kept(cache: Any) -> tuple[KeysValues, ...]:
    """What the layers keep in transformers' cache. Raises SettingError for layers of another kind."""
    layers = [(getattr(layer, "keys", None), getattr(layer, "values", None)) for layer in cache.layers]
    if not layers or not all(isinstance(part, Tensor) for layer in layers for part in layer):
        raise SettingError("its layers must keep keys and values, as those of GPT-2, Llama and Qwen do")
    return tuple(KeysValues(layer.keys, layer.values) for layer in cache.layers)


def each_row(ids: Tensor) -> list[tuple[Tensor, Tensor]]:
    """ids (B, T) → each row (1, T) with its number (1,)."""
    return [(row[None], torch.tensor([number])) for number, row in enumerate(ids)]


def joined(states: list[HuggingFaceState]) -> HuggingFaceState:
    """States of streams that read equally much, as one."""
    if len(states) == 1:
        return states[0]
    layers = [
        KeysValues(*map(torch.cat, zip(*layer, strict=True)))
        for layer in zip(*(s.layers for s in states), strict=True)
    ]
    return HuggingFaceState(torch.cat([state.ids for state in states]), tuple(layers))


def built(config: Mapping[str, Any]) -> Any:
    """The net that a configuration describes, its weights random. Raises SettingError for none."""
    try:
        from transformers import AutoConfig, AutoModelForCausalLM
        from transformers.utils import logging
    except ModuleNotFoundError as error:
        raise SettingError(INSTALL) from error
    logging.set_verbosity_error()
    values = {key: value for key, value in config.items() if key != "model_type"}
    try:
        described = AutoConfig.for_model(str(config.get("model_type")), **values)
        net = AutoModelForCausalLM.from_config(described, trust_remote_code=False, dtype=torch.float32)
    except MemoryError:
        raise
    except Exception as error:  # the library raises whatever its nets raise
        reason = shorten(" ".join(str(error).split()), 160)
        raise SettingError(
            f"sizes.config describes no causal language model of transformers ({reason})"
        ) from error
    if (extra := sum(buffer.numel() * buffer.element_size() for buffer in net.buffers())) > MAX_BUFFERS:
        raise SettingError(
            f"sizes.config asks for {extra:,} bytes besides the weights; at most {MAX_BUFFERS:,}"
        )
    return net
