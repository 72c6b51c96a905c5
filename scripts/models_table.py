"""The models of README as a table, from the facts in their folders.

python -m scripts.models_table
"""

from __future__ import annotations

import math

from textgen.models.card import needed
from textgen.models.config import ModelConfig
from textgen.models.registry import SHIPPED, Registry

HEAD = (
    "model",
    "network",
    "parameters",
    "text",
    "validation loss",
    "bits/character",
    "to beat, or published",
)
ORDER = ("shakespeare", "treasure", "names", "novels")


def main() -> None:
    print(table(Registry(SHIPPED)))


def table(registry: Registry) -> str:
    """Markdown, one row a model."""
    names = sorted(registry.names(), key=lambda name: (ORDER.index(name.split("-")[0]), name))
    rows = [HEAD, ("---",) * len(HEAD), *(row(name, registry.info(name).config) for name in names)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(name: str, config: ModelConfig) -> tuple[str, ...]:
    return (
        f"[`{name}`](models/{name}/README.md)",
        network(config),
        f"{config.parameters:,}",
        config.corpus.name,
        loss(config),
        bits(config),
        rival(config),
    )


def network(config: ModelConfig) -> str:
    """The architecture and its sizes, without the vocabulary."""
    sizes = {key: value for key, value in config.sizes.items() if key not in {"vocab_size", "tied"}}
    return f"{config.architecture}: " + ", ".join(f"{key} {value}" for key, value in sizes.items())


def loss(config: ModelConfig) -> str:
    """What the card says of text that it did not learn from."""
    nats = needed(config.losses.validation_windows, "losses.validation_windows")
    if config.level == "word":
        return f"{nats:.4f} nats/word, perplexity {math.exp(nats):.1f}"
    return f"{nats:.4f} nats/{'character' if config.level == 'char' else config.level}"


def bits(config: ModelConfig) -> str:
    """The same loss on the one scale of all levels."""
    nats = config.losses.validation_windows
    return f"{needed(config.losses.bits_per_character(nats), 'losses.validation_characters'):.3f}"


def rival(config: ModelConfig) -> str:
    """What others reach: on unseen text, or in training."""
    if config.published.train_loss is not None:
        ours = needed(config.losses.train_with_dropout, "losses.train_with_dropout")
        return f"training loss {ours:.4f}; published {config.published.train_loss:g}"
    if config.target and config.level == "word":
        return f"Kneser-Ney 4-gram: perplexity {math.exp(config.target):.1f}"
    if config.level == "subword":
        return "the LSTM of characters, per character"
    return f"{config.target:g} nats" if config.target else "its sisters, at equal size"


if __name__ == "__main__":
    main()
