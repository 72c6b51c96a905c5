"""The model card: card.md, filled with the facts of config.json and texts that the model writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from textgen.errors import ModelError
from textgen.models.calibration import perplexity as e_to
from textgen.models.config import ModelConfig
from textgen.models.folder import Model
from textgen.units import loss_text

TEMPLATE = Path(__file__).with_name("card.md")
CALIBRATED = """
The net's logits were divided by $temperature, so that T = 1 is the temperature at which it predicts \
new text best
(temperature scaling, Guo et al. 2017; `textgen/training/calibration.py`). The number was fitted on the first
half of the validation part; on the second half, which had no say in it, it took the loss in windows from
$second_half_before to $second_half_after.
Undivided, the whole part costs $whole_before in windows.
"""
SAMPLE = 400  # tokens
KEPT = {
    "best": """
The validation loss also chose which step's weights to keep, and it may have helped to choose the recipe: it
is not the loss on a text that nobody has looked at.""",
    "last": """
The weights are those of the last step, as the network's author keeps them, whatever the validation loss.""",
}
T = TypeVar("T")


def model_card(name: str, model: Model, texts: Sequence[str]) -> str:
    """README.md of a model folder, in Markdown; every figure is one of config.json.

    `texts` are what the model writes in `SAMPLE` tokens at each of `sample_temperatures`. Raises
    ModelError for a config that lacks what training writes down.
    """
    config = model.config
    facts = {**described(config), **losses(config), **training(config), **corpus(config)}
    values = {**facts, **samples(model, texts), "name": name}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def needed(value: T | None, name: str) -> T:
    """A fact that no card can do without. Raises ModelError."""
    if value is None:
        raise ModelError(f"a model card needs {name} in config.json, got none; train the model again")
    return value


def described(config: ModelConfig) -> dict[str, Any]:
    return {
        "title": config.title,
        "unit": unit_of(config),
        "architecture": config.architecture,
        "sizes": ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in config.sizes.items()),
        "parameters": f"{needed(config.parameters, 'parameters'):,}",
        "vocab_size": config.sizes["vocab_size"],
        "train_part": config.split.train,
        "validation_part": config.split.validation,
    }


def losses(config: ModelConfig) -> dict[str, Any]:
    windows = needed(config.losses.validation_windows, "losses.validation_windows")
    streamed = needed(config.losses.validation_streamed, "losses.validation_streamed")
    recipe = config.recipe
    note = f" ({recipe.target_note})" if recipe.target_note else ""
    return {
        "window": recipe.window,
        "targets": f"{needed(config.losses.validation_targets, 'losses.validation_targets'):,}",
        "windows_nats": f"{windows:.4f}",
        "windows_bits": in_bits(config, windows),
        "streamed_nats": f"{streamed:.4f}",
        "streamed_bits": in_bits(config, streamed),
        "calibration": calibration(config),
        "target": f"\nTarget: {both(config, config.target, None)} in windows{note}.\n"
        if config.target
        else "",
        "perplexity": perplexity(config, windows, streamed),
        "published": published(config),
        "kept": KEPT[recipe.keep],
    }


def both(config: ModelConfig, nats: float, digits: int | None = 4) -> str:
    """A loss in both units."""
    return loss_text(nats, unit_of(config), config.losses.characters_per_token, digits)


def unit_of(config: ModelConfig) -> str:
    """What one token is."""
    return {"char": "character"}.get(config.unit, config.unit)


def in_bits(config: ModelConfig, nats: float) -> str:
    """A loss on the scale that compares models of characters, subwords and words."""
    bits = config.losses.bits_per_character(nats)
    return "not known" if bits is None else f"{bits:.4f}"


def perplexity(config: ModelConfig, windows: float, streamed: float) -> str:
    """How word models are compared."""
    if config.level != "word":
        return ""
    figures = f"{e_to(windows):.1f} in windows, {e_to(streamed):.1f} streamed"
    if config.losses.unknown is not None:
        figures += (
            f"; {config.losses.unknown:.1%} of the words that validate are `<unk>`, too rare to be known, "
            "and are not spelled: bits per character are too few by what that would take"
        )
    return f"\nPerplexity, e to the nats: {figures}.\n"


def published(config: ModelConfig) -> str:
    """Its training loss beside that of the network's author."""
    theirs = config.published.train_loss
    if theirs is None:
        return ""
    ours = needed(config.losses.train_with_dropout, "losses.train_with_dropout")
    return (
        f"\nTraining loss at the end: {both(config, ours)}; published: {both(config, theirs, None)}; "
        f"{config.published.source}.\n"
    )


def novelty(config: ModelConfig) -> str:
    """What the index beside the weights holds."""
    facts = config.novelty
    if facts.bytes is None:
        return ""
    return f"""
`ngrams.bin` ({facts.bytes / 1000:,.0f} kB) is an index of the word n-grams that it learned from, up to
n = {facts.longest}, so that one can tell what is new without the text. It is a Bloom filter: of n-grams
that the text does not have, {facts.false_positives:.2%} pass for known (measured).
"""


def calibration(config: ModelConfig) -> str:
    """What temperature scaling did; nothing for a net that was left as trained."""
    if config.calibration.temperature is None:
        return ""
    facts = {key: both(config, value) for key, value in config.calibration.to_json().items()}
    facts["temperature"] = f"{config.calibration.temperature:.2f}"
    return Template(CALIBRATED).substitute(facts)


def training(config: ModelConfig) -> dict[str, Any]:
    facts, tokens = config.training, needed(config.training.tokens, "training.tokens")
    seconds = needed(facts.seconds, "training.seconds")
    hours, minutes = divmod(round(seconds / 60), 60)
    return {
        "recipe": config.recipe.name,
        "date": config.date,
        "seed": config.seed,
        "steps": f"{needed(facts.steps, 'training.steps'):,}",
        "kept_step": f"{needed(facts.kept_step, 'training.kept_step'):,}",
        "tokens": f"{tokens:,}",
        "passes": f"{tokens / needed(config.split.train_tokens, 'split.train_tokens'):.3g}",
        "hours": hours,
        "minutes": f"{minutes:02}",
        "machine": facts.machine,
        "precision": facts.precision,
        "speed": f"{tokens / max(1, seconds):,.0f}",
    }


def corpus(config: ModelConfig) -> dict[str, Any]:
    facts = config.corpus
    return {
        "corpus": facts.name or "a text of the user's own",
        "corpus_file": facts.file or "FILE",
        "status": facts.status or "The user's own.",
        "url": f"<{facts.url}>" if facts.url else "not stated",
        "sha256": facts.sha256,
        "novelty": novelty(config),
    }


def sample_temperatures(model: Model) -> Sequence[float]:
    """The temperatures of a card's texts: those of the training log."""
    return model.config.recipe.temperatures


def samples(model: Model, texts: Sequence[str]) -> dict[str, Any]:
    """What the model writes from the start of a text: one seed, several temperatures."""
    temperatures = sample_temperatures(model)
    blocks = (f"T = {t:g}\n\n{indented(text)}\n\n" for t, text in zip(temperatures, texts, strict=True))
    seeds = "ten texts a temperature, seeds 0 to 9" if model.stops else "seed 0"
    return {
        "samples": f"{seeds}:\n\n{''.join(blocks)}",
        "sample_length": SAMPLE,
        "sample_options": " ".join(f"-t {temperature:g}" for temperature in temperatures),
    }


def indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
