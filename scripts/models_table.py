"""The models of README as a table, from the facts in their folders.

python -m scripts.models_table
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from textgen.models.registry import SHIPPED, Registry

HEAD = ("model", "network", "parameters", "text", "validation loss", "to beat, or published")
ORDER = ("shakespeare", "treasure", "names", "novels")


def main() -> None:
    print(table(Registry(SHIPPED)))


def table(registry: Registry) -> str:
    """Markdown, one row a model."""
    names = sorted(registry.names(), key=lambda name: (ORDER.index(name.split("-")[0]), name))
    rows = [HEAD, ("---",) * len(HEAD), *(row(name, registry.info(name).config) for name in names)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(name: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"[`{name}`](models/{name}/README.md)",
        network(config),
        f"{config['parameters']:,}",
        config["corpus"]["name"],
        loss(config),
        rival(config),
    )


def network(config: Mapping[str, Any]) -> str:
    """The architecture and its sizes, without the vocabulary."""
    sizes = {key: value for key, value in config["sizes"].items() if key not in {"vocab_size", "tied"}}
    return f"{config['architecture']}: " + ", ".join(f"{key} {value}" for key, value in sizes.items())


def loss(config: Mapping[str, Any]) -> str:
    """What the card says of text that it did not learn from."""
    losses, window = config["losses"], config["recipe"]["log"]["window"]
    nats = losses[f"validation_windows_{window}"]
    if config["level"] == "word":
        return f"{nats:.4f} nats/word, perplexity {math.exp(nats):.1f}"
    return f"{nats:.4f} nats/character"


def rival(config: Mapping[str, Any]) -> str:
    """What others reach: on unseen text, or in training."""
    if published := config.get("published"):
        ours = config["losses"]["train_with_dropout"]
        return f"training loss {ours:.4f}; published {published['train_loss']:g}"
    if config["target"] and config["level"] == "word":
        return f"Kneser-Ney 4-gram: perplexity {math.exp(config['target']):.1f}"
    return f"{config['target']:g} nats" if config["target"] else "its sisters, at equal size"


if __name__ == "__main__":
    main()
