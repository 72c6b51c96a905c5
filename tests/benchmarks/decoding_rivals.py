"""The same network written by others: the loop of the tutorials, and transformers' `generate`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.utils.generic import ModelOutput

from textgen.nets.base import State
from textgen.nets.lstm import LSTM
from textgen.settings import DecodeSettings

# What its classes look like to a type checker depends on what else is installed.
transformers: Any = importlib.import_module("transformers")


@torch.no_grad()
def tutorial_loop(net: LSTM, prompt: Sequence[int], length: int, temperature: float) -> list[int]:
    """`nn.LSTM` called with one token at a time, softmax, one multinomial draw."""
    output, state = net.lstm(net.embedding(torch.tensor([list(prompt)])))
    ids: list[int] = []
    for _ in range(length):
        logits = net.head(output[:, -1])
        token = torch.multinomial(torch.softmax(logits / temperature, dim=-1), num_samples=1)
        ids.append(int(token))
        output, state = net.lstm(net.embedding(token), state)
    return ids


@torch.no_grad()
def sampled_text(net: LSTM, prompt: Sequence[int], length: int, settings: DecodeSettings) -> list[int]:
    """The tutorial's loop with the usual code for greedy, top-k, top-p and min-p."""
    output, state = net.lstm(net.embedding(torch.tensor([list(prompt)])))
    ids: list[int] = []
    for _ in range(length):
        token = chosen_token(net.head(output[:, -1]), settings)
        ids.append(int(token))
        output, state = net.lstm(net.embedding(token), state)
    return ids


def chosen_token(logits: Tensor, settings: DecodeSettings) -> Tensor:
    """logits (1, V) → a token (1, 1)."""
    if settings.temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    logits = logits / settings.temperature
    if settings.top_k:
        kth = torch.topk(logits, min(settings.top_k, logits.shape[-1])).values[:, -1:]
        logits = logits.masked_fill(logits < kth, -torch.inf)
    probabilities = torch.softmax(logits, dim=-1)
    if settings.top_p < 1:
        ordered, places = probabilities.sort(descending=True)
        ordered[ordered.cumsum(dim=-1) - ordered > settings.top_p] = 0
        probabilities = torch.zeros_like(probabilities).scatter(1, places, ordered)
    if settings.min_p:
        probabilities = probabilities * (probabilities >= settings.min_p * probabilities.max())
    return torch.multinomial(probabilities, num_samples=1)


@dataclass
class CarriedOutput(ModelOutput):
    """Logits, and the state that goes to the next call."""

    logits: Any = None
    state: Any = None


class TransformersLSTM(transformers.PreTrainedModel, transformers.GenerationMixin):
    """The network as transformers drives it: prompt at once, then a token at a time with its state.

    `fast` steps through our prepared weights, so that what is left is transformers' own work.
    """

    config_class = transformers.PretrainedConfig

    def __init__(self, net: LSTM, fast: bool) -> None:
        config = transformers.PretrainedConfig(vocab_size=net.vocab_size, is_encoder_decoder=False)
        super().__init__(config)
        self.net, self.fast = net, fast
        self.eval()

    def forward(self, input_ids: Tensor, state: State | None = None, **_: Any) -> CarriedOutput:
        if state is not None and self.fast:
            logits, state = self.net.step(input_ids[:, 0], state)
            return CarriedOutput(logits=logits[:, None], state=state)
        logits, state = self.net.unroll(input_ids, state)
        return CarriedOutput(logits=logits, state=state)

    def prepare_inputs_for_generation(
        self, input_ids: Tensor, *_: Any, state: State | None = None, **__: Any
    ) -> dict[str, Any]:
        return {"input_ids": input_ids if state is None else input_ids[:, -1:], "state": state}

    def _update_model_kwargs_for_generation(
        self, outputs: Any, model_kwargs: dict[str, Any], *args: Any, **named: Any
    ) -> dict[str, Any]:
        return {**model_kwargs, "state": outputs.state}

    def write(self, prompt: Sequence[int], length: int, temperature: float) -> list[int]:
        out = self.generate(
            torch.tensor([list(prompt)]),
            max_new_tokens=length,
            do_sample=True,
            temperature=temperature,
            top_k=0,
            use_cache=False,
        )
        return out[0].tolist()[len(prompt) :]
