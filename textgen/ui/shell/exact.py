"""Numbers that a browser's JSON would round."""

from __future__ import annotations

from typing import Any

MAX_EXACT = 2**53 - 1  # of a browser's numbers


def exact(value: Any) -> Any:
    """JSON whose whole numbers a browser holds to the last digit: those above 2^53 become digits."""
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > MAX_EXACT else value
