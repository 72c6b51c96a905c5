"""What a net is to everything else: it reads token ids and scores the next one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import torch
from torch import Tensor, nn

from textgen.validation import Checked, as_flag, as_object, known_fields, number_in, whole_from

# Whatever a net carries from one token to the next. Only the net that made it looks inside.
State = Any

MAX_SIZE = 1_000_000  # of any one dimension of a net


# The types of the fields of a net's sizes.
Size = Annotated[int, whole_from(1, MAX_SIZE, "the bundled recipes show usual sizes")]
Switch = Annotated[bool, as_flag]
Rate = Annotated[float, number_in(0, 1, "0 turns it off", below=True)]


@dataclass(frozen=True)
class NetSizes(Checked, section="sizes"):
    """What decides a net's shape; each architecture adds its own fields, of type `Size` or `Switch`.

    Raises SettingError for a size outside 1..1,000,000.
    """

    vocab_size: Size


@dataclass(frozen=True)
class Dropout(Checked, section="dropout"):
    """Probabilities (0..1) of leaving a number out, in training alone.

    Raises SettingError for one outside [0, 1).
    """

    embedding: Rate = 0.0
    between: Rate = 0.0  # between layers
    output: Rate = 0.0
    weights: Rate = 0.0  # of the hidden-to-hidden weights: DropConnect (Merity et al. 2017)


NO_DROPOUT = Dropout()


class LanguageModel(nn.Module, ABC):
    """A net that scores the next token.

    `unroll` is the definition; `prefill` followed by `step`s must agree with it to 1e-5 of the
    largest logit's size (float32, over 5,000 tokens).
    B = streams, T = positions, V = vocabulary. Logits are float32 natural-log scores. A state that
    `unroll`, `prefill`, `step` or `select` returned serves any of them.
    """

    # The shape that its constructor takes, `__init__(self, sizes)`, and the places in `Dropout` that it
    # uses: with any, its constructor is `__init__(self, sizes, dropout)`.
    Sizes: ClassVar[type[NetSizes]]
    dropout_places: ClassVar[tuple[str, ...]] = ()

    vocab_size: int
    # How many of the last tokens it can see at all; None is no limit.
    context: int | None = None

    @classmethod
    def arguments(cls, sizes: Any, dropout: Any) -> tuple[NetSizes] | tuple[NetSizes, Dropout]:
        """What its constructor takes, from JSON objects. Raises SettingError for what it does not take."""
        rates = as_object(Dropout.what, dropout)
        known_fields(Dropout.what, rates, cls.dropout_places)
        shape = cls.Sizes.from_json(sizes)
        return (shape, Dropout.from_json(rates)) if rates else (shape,)

    @abstractmethod
    def unroll(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """All positions at once: ids (B, T), T ≥ 1 → logits (B, T, V), state after the last.

        `state` None is the start: zeros. Used for training, for scoring and to read a context.
        """

    @abstractmethod
    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One token further: ids (B,), state → logits (B, V), state. The old state stays valid."""

    @abstractmethod
    def select(self, state: State, rows: Tensor) -> State:
        """Reorder or copy streams: rows (B',) of the old batch → a state of B' streams."""

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) → logits (B, T, V) from the start."""
        return self.unroll(ids)[0]

    def last_logits(self, ids: Tensor) -> Tensor:
        """ids (B, T) → logits (B, V) after the last one, from the start; differentiable."""
        return self.unroll(ids)[0][:, -1]

    def prefill(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a context: ids (B, T), T ≥ 1 → logits (B, V) after the last one, state.

        With a state it reads on from there, so that a long context may be read piece by piece.
        """
        logits, state = self.unroll(ids, state)
        return logits[:, -1], state

    def scale_logits(self, factor: float) -> None:
        """Multiply all logits by a factor, folded into the output layer `head`."""
        head = self.head
        assert isinstance(head, nn.Linear)
        with torch.no_grad():
            for parameter in head.parameters():
                parameter.mul_(factor)
        self.prepare()

    def prepare(self) -> None:
        """Build what fast stepping needs from the weights; called once, after loading them."""
        self._fast = self._copy_weights()

    @property
    def fast(self) -> Any:
        """What `_copy_weights` made of the weights as they are."""
        fast = self._fast
        if fast is None:
            fast = self._fast = self._copy_weights()
        return fast

    def _copy_weights(self) -> Any:
        """The weights laid out for stepping; None for a net that steps with its own."""
        return None

    # What `prepare` built. A copy of weights, so it goes as soon as they may change.
    _fast: Any = None

    def train(self, mode: bool = True) -> Self:
        self._fast = None
        return super().train(mode)

    def load_state_dict(self, *args: Any, **named: Any) -> Any:
        self._fast = None
        return super().load_state_dict(*args, **named)

    def __getstate__(self) -> dict[str, Any]:
        """A copy of the net prepares for itself."""
        return {**self.__dict__, "_fast": None}

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())


def ids_tensor(ids: Any) -> Tensor:
    """Token ids as a (1, T) batch."""
    return torch.as_tensor([list(ids)], dtype=torch.long)
