"""The whole contract between a net and everything else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from textgen.errors import SettingError, out_of_range, shorten
from textgen.settings import check_flag
from textgen.validation import check_whole, finite

# Whatever a net carries from one token to the next. Only the net that made it looks inside.
State = Any

MAX_SIZE = 1_000_000  # of any one dimension of a net


@dataclass(frozen=True)
class NetSizes:
    """What decides a net's shape; each architecture adds its own fields, whole numbers or switches.

    Raises SettingError for a number outside 1..1,000,000.
    """

    vocab_size: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value, name = getattr(self, field.name), f"sizes.{field.name}"
            if field.type in ("bool", bool):
                check_flag(name, value)
            else:
                number = check_whole(name, value, 1, MAX_SIZE, "the bundled recipes show usual sizes")
                object.__setattr__(self, field.name, number)


@dataclass(frozen=True)
class Dropout:
    """Probabilities (0..1) of leaving a number out, in training alone.

    Raises SettingError for one outside [0, 1).
    """

    embedding: float = 0.0
    between: float = 0.0  # between layers
    output: float = 0.0
    weights: float = 0.0  # of the hidden-to-hidden weights: DropConnect (Merity et al. 2017)

    def __post_init__(self) -> None:
        for field in fields(self):
            rate = finite(getattr(self, field.name))
            if rate is None or not 0 <= rate < 1:
                raise out_of_range(
                    f"dropout.{field.name}", "in [0, 1)", getattr(self, field.name), "0 turns it off"
                )


NO_DROPOUT = Dropout()


class LanguageModel(nn.Module, ABC):
    """A net that scores the next token.

    `unroll` is the definition; `prefill` followed by `step`s must agree with it to 1e-5.
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
    def from_json(cls, sizes: Mapping[str, Any], dropout: Mapping[str, Any]) -> Self:
        """A net with random weights from plain values. Raises SettingError for any that it does not take."""
        values = known_values("sizes", sizes, [field.name for field in fields(cls.Sizes)])
        required = [field.name for field in fields(cls.Sizes) if field.default is MISSING]
        if missing := [name for name in required if name not in values]:
            raise SettingError(f"sizes must have {', '.join(required)}; {missing[0]} is missing")
        rates = known_values("dropout", dropout, cls.dropout_places)
        return cls(cls.Sizes(**values), *([Dropout(**rates)] if rates else []))

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

    def prefill(self, ids: Tensor) -> tuple[Tensor, State]:
        """Read a context: ids (B, T), T ≥ 1 → logits (B, V) after the last one, state."""
        logits, state = self.unroll(ids)
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


def known_values(section: str, values: Any, known: Sequence[str]) -> dict[str, Any]:
    """A JSON object of names that we know. Raises SettingError for anything else."""
    if not isinstance(values, Mapping):
        raise SettingError(f"{section} must be an object of names and numbers, got {shorten(values)}")
    if unknown := [name for name in values if name not in known]:
        legal = f"among {', '.join(known)}" if known else "empty for this architecture"
        raise out_of_range(section, legal, unknown[0], "leave it out")
    return dict(values)


def ids_tensor(ids: Any) -> Tensor:
    """Token ids as a (1, T) batch."""
    return torch.as_tensor([list(ids)], dtype=torch.long)
