"""How well a model predicts a text at several temperatures, and what that says about how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textgen.records import Floats

MAX_WINDOW = 100_000  # tokens read from a zero state
MAX_SCORED = 1_000_000  # characters of a text whose perplexity is measured
CLOSE = 0.005  # as much perplexity above the minimum as none


@dataclass(frozen=True, slots=True)
class Curve:
    """The loss of a model on a text at K temperatures."""

    label: str
    unit: str  # what one token is: `character`, `word`
    temperatures: Floats  # (K,) above 0, rising
    nats: Floats  # (K,) per token

    @property
    def lowest(self) -> int:
        """The place of the minimum."""
        return int(self.nats.argmin())

    @property
    def best(self) -> float:
        """The temperature at which the text is predicted best."""
        return float(self.temperatures[self.lowest])

    @property
    def at_an_end(self) -> bool:
        """Whether the minimum may lie beyond the temperatures tried."""
        return self.lowest in (0, len(self.nats) - 1)

    @property
    def as_learned(self) -> float | None:
        """Nats per token at T = 1; None where that was not tried."""
        places = np.flatnonzero(np.isclose(self.temperatures, 1, rtol=0, atol=1e-9))
        return float(self.nats[places[0]]) if len(places) else None

    @property
    def excess(self) -> float | None:
        """How much more the perplexity is at T = 1 than at its minimum, 0 = none; None where not tried."""
        return None if self.as_learned is None else float(np.expm1(self.as_learned - self.nats.min()))


def verdict(curve: Curve) -> str:
    """What the place of the minimum says, in a sentence or two."""
    best, excess = f"{curve.best:g}", curve.excess
    if curve.at_an_end:
        return f"The least perplexity is at T = {best}, an end of what was tried: it may be lower beyond."
    if excess is None:
        return f"The least perplexity is at T = {best}; T = 1 was not tried."
    if excess <= CLOSE:
        where = "at T = 1" if curve.best == 1 else f"at T = {best}, and hardly more at T = 1"
        return f"The least perplexity is {where}: the model knows how sure it is."
    kind = "too sure of itself" if curve.best > 1 else "not sure enough"
    return (
        f"The least perplexity is at T = {best}: on this text the model is {kind}. "
        f"At T = 1 its perplexity is {excess:.1%} higher."
    )
