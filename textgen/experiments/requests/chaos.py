"""Temperature chaos: one seed at every temperature of a fine grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from textgen.experiments.chaos.settings import BATCH, ChaosSettings
from textgen.experiments.requests.base import ModelName, Request, Seed, Settings, Text, reading
from textgen.settings import DecodeSettings
from textgen.validation import as_list

if TYPE_CHECKING:
    from textgen.experiments.chaos.rows import Chaos, Progress
    from textgen.models.registry import Registry


MAX_LISTED = 1_000_000  # `ChaosSettings` says how many there may be


def as_rows(name: str, value: Any) -> tuple[Any, ...]:
    return tuple(as_list(name, value, 0, MAX_LISTED))


def as_given(_name: str, value: Any) -> Any:
    """`ChaosSettings` checks it."""
    return value


@dataclass(frozen=True, kw_only=True)
class ChaosRequest(Request):
    """The same text at rising temperatures, and where each differs from the one above."""

    kind = "chaos"

    model: ModelName
    prompt: Text = ""
    temperatures: Annotated[tuple[float, ...], as_rows]
    seed: Seed
    length: Annotated[int, as_given] = 200
    settings: Settings = DecodeSettings()  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        super().__post_init__()
        rows = self.rows()
        object.__setattr__(self, "temperatures", rows.temperatures)
        object.__setattr__(self, "length", rows.length)

    def rows(self) -> ChaosSettings:
        """What is written for each temperature. Raises SettingError."""
        return ChaosSettings(self.temperatures, self.seed, self.length, self.settings)

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def cost(self) -> int:
        rows = len(self.temperatures)
        return -(-rows // BATCH) * reading(self.prompt) + rows * self.length

    def progress(self, registry: Registry) -> Iterator[Progress]:
        """How far the writing is, after each token; the last one holds the result."""
        from textgen.experiments.chaos.rows import writing  # torch comes in with the first model

        return writing(registry.get(self.model), self.prompt, self.rows())

    def run(self, registry: Registry) -> Chaos:
        from textgen.experiments.chaos.rows import chaos  # torch comes in with the first model

        return chaos(registry.get(self.model), self.prompt, self.rows())
