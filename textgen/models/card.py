"""The model card: card.md, filled with the facts of config.json and texts that the model writes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from textgen.models.folder import Model

TEMPLATE = Path(__file__).with_name("card.md")
CALIBRATED = Path(__file__).with_name("card_calibrated.md")
SAMPLE = 400  # tokens
KEPT = {
    "best": """
The validation loss also chose which step's weights to keep, and it may have helped to choose the recipe: it
is not the loss on a text that nobody has looked at.""",
    "last": """
The weights are those of the last step, as the network's author keeps them, whatever the validation loss.""",
}


def model_card(name: str, model: Model, texts: Sequence[str]) -> str:
    """README.md of a model folder, in Markdown; every figure is one of config.json.

    `texts` are what the model writes in `SAMPLE` tokens at each of `sample_temperatures`.
    """
    config = model.config
    facts = {**described(config), **losses(config), **training(config), **corpus(config)}
    values = {**facts, **samples(model, texts), "name": name}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)


def described(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": config["title"],
        "unit": {"char": "character"}.get(config["unit"], config["unit"]),
        "architecture": config["architecture"],
        "sizes": ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in config["sizes"].items()),
        "parameters": f"{config['parameters']:,}",
        "vocab_size": config["sizes"]["vocab_size"],
        "train_part": config["split"]["train"],
        "validation_part": config["split"]["validation"],
    }


def losses(config: Mapping[str, Any]) -> dict[str, Any]:
    window, recipe = config["recipe"]["log"]["window"], config["recipe"]
    windows, streamed = (
        config["losses"][f"validation_windows_{window}"],
        config["losses"]["validation_streamed"],
    )
    note = f" ({recipe['target_note']})" if recipe["target_note"] else ""
    return {
        "window": window,
        "targets": f"{config['losses']['validation_targets']:,}",
        "windows_nats": f"{windows:.4f}",
        "windows_bits": f"{windows / math.log(2):.4f}",
        "streamed_nats": f"{streamed:.4f}",
        "streamed_bits": f"{streamed / math.log(2):.4f}",
        "calibration": calibration(config),
        "target": f"\nTarget: {recipe['target']:g} nats in windows{note}.\n" if recipe["target"] else "",
        "perplexity": perplexity(config, windows, streamed),
        "published": published(config),
        "kept": KEPT[recipe["keep"]],
    }


def perplexity(config: Mapping[str, Any], windows: float, streamed: float) -> str:
    """How word models are compared."""
    if config["level"] != "word":
        return ""
    figures = f"{math.exp(windows):.1f} in windows, {math.exp(streamed):.1f} streamed"
    return f"\nPerplexity, e to the nats: {figures}.\n"


def published(config: Mapping[str, Any]) -> str:
    """Its training loss beside that of the network's author."""
    facts = config.get("published")
    if not facts:
        return ""
    ours = config["losses"]["train_with_dropout"]
    return (
        f"\nTraining loss at the end: {ours:.4f} nats; published: {facts['train_loss']:g} "
        f"({facts['source']}).\n"
    )


def novelty(config: Mapping[str, Any]) -> str:
    """What the index beside the weights holds."""
    if "novelty" not in config:
        return ""
    facts = config["novelty"]
    return f"""
`ngrams.bin` ({facts["bytes"] / 1000:,.0f} kB) is an index of the word n-grams that it learned from, up to
n = {facts["longest"]}, so that one can tell what is new without the text. It is a Bloom filter: of n-grams
that the text does not have, {facts["false_positives"]:.2%} pass for known (measured).
"""


def calibration(config: Mapping[str, Any]) -> str:
    """What temperature scaling did; nothing for a net that was left as trained."""
    if "calibration" not in config:
        return ""
    facts = {key: f"{value:.4f}" for key, value in config["calibration"].items()}
    facts["temperature"] = f"{config['calibration']['temperature']:.2f}"
    return Template(CALIBRATED.read_text(encoding="utf-8")).substitute(facts)


def training(config: Mapping[str, Any]) -> dict[str, Any]:
    facts = config["training"]
    hours, minutes = divmod(round(facts["seconds"] / 60), 60)
    return {
        "recipe": config["recipe"]["name"],
        "date": config["date"],
        "seed": config["seed"],
        "steps": f"{facts['steps']:,}",
        "kept_step": f"{facts['kept_step']:,}",
        "tokens": f"{facts['tokens']:,}",
        "passes": f"{facts['tokens'] / config['split']['train_tokens']:.3g}",
        "hours": hours,
        "minutes": f"{minutes:02}",
        "machine": facts["machine"],
        "precision": facts["precision"],
        "speed": f"{facts['tokens'] / max(1, facts['seconds']):,.0f}",
    }


def corpus(config: Mapping[str, Any]) -> dict[str, Any]:
    facts = config["corpus"]
    return {
        "corpus": facts.get("name", "a text of the user's own"),
        "corpus_file": facts.get("file", "FILE"),
        "status": facts.get("status", "The user's own."),
        "url": f"<{facts['url']}>" if "url" in facts else "not stated",
        "sha256": facts["sha256"],
        "novelty": novelty(config),
    }


def sample_temperatures(model: Model) -> Sequence[float]:
    """The temperatures of a card's texts: those of the training log."""
    return model.config["recipe"]["log"]["temperatures"]


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
