"""How often somebody may do something: a bucket of tokens each, refilled at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 20_000  # buckets; the one that was used longest ago gives way


@dataclass
class Throttle:
    """`burst` at once, then `rate` a second, for each name."""

    rate: float
    burst: float
    most: int = MOST
    buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # tokens, when

    def left(self, name: str, now: float) -> float:
        """Tokens that a name has."""
        tokens, before = self.buckets.get(name, (self.burst, now))
        return min(self.burst, tokens + (now - before) * self.rate)

    def take(self, name: str, now: float) -> bool:
        """Whether a name has a token, which it then has no more."""
        tokens = self.left(name, now)
        allowed = tokens >= 1
        self.buckets[name] = (tokens - allowed, now)
        self.buckets.move_to_end(name)
        if len(self.buckets) > self.most:
            self.buckets.popitem(last=False)
        return allowed
