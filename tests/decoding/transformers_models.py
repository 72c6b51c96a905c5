"""Randomly initialised networks that transformers' `generate` drives. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import GenerationMixin, GPT2Config, GPT2LMHeadModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from textgen.records import Floats, Ints


class FadingMemory(PreTrainedModel, GenerationMixin):
    """The quickest net whose scores depend on the whole text: tanh of a fading sum of embeddings."""

    config_class = PretrainedConfig

    def __init__(self, vocab_size: int, seed: int) -> None:
        config = PretrainedConfig(vocab_size=vocab_size, is_encoder_decoder=False)  # pyright: ignore[reportCallIssue]
        super().__init__(config)
        generator = torch.Generator().manual_seed(seed)
        self.embedding = nn.Parameter(torch.randn(vocab_size, 16, generator=generator))
        self.head = nn.Parameter(torch.randn(16, vocab_size, generator=generator))
        self.eval().requires_grad_(False)

    def forward(self, input_ids: Tensor, **_: Any) -> CausalLMOutput:
        fading = 0.6 ** torch.arange(input_ids.shape[1] - 1, -1, -1.0)  # (T,)
        memory = torch.tanh(torch.einsum("bte,t->be", self.embedding[input_ids], fading))
        return CausalLMOutput(logits=(memory @ self.head)[:, None])  # type: ignore[arg-type]

    def prepare_inputs_for_generation(self, input_ids: Tensor, *_: Any, **__: Any) -> dict[str, Any]:
        return {"input_ids": input_ids}


def tiny_gpt2(vocab_size: int = 24, seed: int = 0) -> GPT2LMHeadModel:
    """Random, with logits far enough apart that no two hypotheses come near a tie."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocab_size,
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=64,
        initializer_range=0.4,
    )
    config.update({"bos_token_id": None, "eos_token_id": None})
    return GPT2LMHeadModel(config).eval()


class TransformersScorer:
    """Reads every text from its first token on: slow, and beyond doubt."""

    def __init__(self, model: Any, context: Sequence[int]) -> None:
        self.model, self.context = model, tuple(context)
        self.vocab_size = int(model.config.vocab_size)

    def start(self) -> tuple[Floats, Any]:
        texts = np.array([self.context])
        return self._score(texts), texts

    def extend(self, state: Ints, rows: Ints, ids: Ints) -> tuple[Floats, Any]:
        texts = np.concatenate((state[rows], ids[:, None]), axis=1)
        return self._score(texts), texts

    @torch.no_grad()
    def _score(self, texts: Ints) -> Floats:
        return self.model(input_ids=torch.from_numpy(texts)).logits[:, -1].double().numpy()
