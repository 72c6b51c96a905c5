"""A model's card: what it is, in tiles that a student can read. Facts → labels, values and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from textgen.errors import shorten
from textgen.models.config import LARGEST
from textgen.nets import ARCHITECTURES
from textgen.ui.sidebar.model_facts import Facts, cut, significant, size
from textgen.units import bits_per_character, loss_text
from textgen.validation import whole


@dataclass(frozen=True, slots=True)
class Tile:
    """One fact of a card."""

    label: str
    value: str
    detail: str = ""
    term: str = ""  # of the page's glossary

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def card(facts: Facts) -> list[Tile]:
    """All that is known of a model, each fact once."""
    parts = (network, parameters, vocabulary, loss, goals, corpus, split, training, calibration, origin)
    return [tile for part in parts for tile in part(facts) if tile.value]


def network(facts: Facts) -> Iterator[Tile]:
    sizes = facts.config.sizes
    inside = {key: value for key, value in sizes.items() if not isinstance(value, Mapping)}
    shown = [measure(str(key), value) for key, value in inside.items() if key not in ("vocab_size", "layers")]
    known = ARCHITECTURES.get(facts.config.architecture)
    reads = known.reads if known else ""
    yield Tile("Network", facts.network, joined(reads, cut(f"Sizes: {', '.join(shown)}.") if shown else ""))


def measure(key: str, value: Any) -> str:
    """`embedding 128`; of yes and no: `tied`, `not tied`."""
    name = key.replace("_", " ")
    return f"{'' if value else 'not '}{name}" if isinstance(value, bool) else f"{name} {shorten(value)}"


def parameters(facts: Facts) -> Iterator[Tile]:
    count = facts.config.parameters
    if count is not None:
        yield Tile("Parameters", f"{count:,}", "Numbers that training has set.")


def vocabulary(facts: Facts) -> Iterator[Tile]:
    count = whole(facts.config.sizes.get("vocab_size"))
    if count is not None and abs(count) < LARGEST:
        whole_text = (
            "Any text is made of them." if facts.unit == "subword" else "It can read and write no others."
        )
        yield Tile("Vocabulary", f"{count:,} {facts.units}", whole_text)


def loss(facts: Facts) -> Iterator[Tile]:
    """The measured loss, what it means, and its other forms."""
    if facts.loss is None:
        return
    choices = f"As unsure as among {significant(math.exp(facts.loss))} equally likely {facts.units}"
    value, losses = f"{facts.loss:.3f} nats", facts.config.losses
    streamed = losses.validation_streamed if not facts.config.bos else None
    yield Tile(
        "Loss on new text",
        f"{facts.score}, {value}" if facts.unit == "word" else value,
        joined(
            f"Per {facts.unit}: {bits_per_character(facts.loss, 1):.3f} bits.",
            per_character(facts),
            f"{choices} (its perplexity).",
            f"{losses.unknown:.1%} of the words are <unk>." if losses.unknown is not None else "",
            f"Measured in windows of {losses.window}." if losses.window else "",
            f"Reading on without a break: {loss_of(facts, streamed)}." if streamed is not None else "",
        ),
        term="validation loss",
    )


def loss_of(facts: Facts, nats: float) -> str:
    """A loss in both units."""
    return loss_text(nats, facts.unit, facts.characters, 3)


def per_character(facts: Facts) -> str:
    """The loss on the scale that all levels share; of characters it is the same."""
    if facts.bits is None or facts.unit == "character":
        return ""
    spelled = ", rare words left unspelled" if facts.config.losses.unknown else ""
    return f"Per character: {facts.bits:.3f} bits, to compare with models of characters{spelled}."


def goals(facts: Facts) -> Iterator[Tile]:
    """What it was trained to beat, and what the network's author reports."""
    target, note = facts.config.target, cut(facts.config.recipe.target_note.strip())
    if target is not None and target > 0:
        words = f"perplexity {math.exp(target):.1f}, " if facts.unit == "word" and target < 50 else ""
        detail = joined(bits_of(facts, target), verdict(facts.loss, target), sentence(note))
        yield Tile("Had to beat", f"{words}{target:g} nats", detail, term="nats")
    theirs, ours = facts.config.published, facts.config.losses.train_with_dropout
    if theirs.train_loss is not None:
        here = f"This one's: {ours:g}." if ours is not None else ""
        words = "Its author's training loss at the end.", bits_of(facts, theirs.train_loss), here
        detail = joined(*words, sentence(cut(theirs.source.strip())))
        yield Tile("Published", f"{theirs.train_loss:g} nats", detail)


def bits_of(facts: Facts, nats: float) -> str:
    """The sentence that gives a loss in the unit that all levels share; "" where that is not known."""
    if facts.characters is None or nats >= LARGEST:
        return ""
    return f"That is {bits_per_character(nats, facts.characters):.3f} bits per character."


def verdict(loss: float | None, target: float) -> str:
    if loss is None:
        return ""
    return f"{'Beaten' if loss <= target else 'Missed'} by {abs(target - loss):.3f}."


def corpus(facts: Facts) -> Iterator[Tile]:
    text = facts.config.corpus
    url, status = cut(text.url.strip()), cut(text.status.strip())
    source = f"Source: {url}" if url else ""
    length = f"{megabytes(text.bytes)}." if text.bytes else ""
    yield Tile("Text", facts.corpus, joined(length, sentence(status), source))


def split(facts: Facts) -> Iterator[Tile]:
    parts = facts.config.split
    learned, kept = parts.train_tokens, parts.validation_tokens
    back = cut(parts.validation.strip()) or "rest"
    yield Tile(
        "Learned from",
        cut(parts.train.strip()),
        joined(
            f"{learned:,} {facts.units}." if learned else "",
            f"The {back} ({kept:,}) was kept back to measure it." if kept else "",
        ),
    )


def training(facts: Facts) -> Iterator[Tile]:
    run = facts.config.training
    steps, kept, machine = run.steps, run.kept_step, cut(run.machine.strip())
    learned = facts.config.split.train_tokens
    passes = run.tokens / learned if run.tokens and learned else None
    read = f"{size(run.tokens)} {facts.units} learned from" + (f", {times(passes)}." if passes else ".")
    yield Tile(
        "Training",
        duration(run.seconds) if run.seconds is not None else f"{steps:,} steps" if steps else "",
        joined(
            f"{steps:,} steps{f', step {kept:,} kept' if kept else ''}." if steps else "",
            read if run.tokens else "",
            sentence(f"On {machine}" if machine else ""),
        ),
    )


def times(passes: float) -> str:
    """How much that is: `31 times the text`, `3% of the text`."""
    return f"{significant(passes)} times the text" if passes >= 1 else f"{passes:.0%} of the text"


def calibration(facts: Facts) -> Iterator[Tile]:
    """What temperature scaling did."""
    divided = facts.config.calibration.temperature
    if divided is not None:
        detail = "After training its logits were divided by this, so that T = 1 predicts new text best."
        yield Tile("Calibrated", f"÷ {divided:.2f}", detail, term="calibration")


def origin(facts: Facts) -> Iterator[Tile]:
    seed = facts.config.seed
    yield Tile("Made on", cut(facts.config.date.strip()), f"With seed {seed}." if seed is not None else "")


def joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def sentence(text: str) -> str:
    """The text with a full stop."""
    return text if not text or text[-1] in ".!?…" else f"{text}."


def megabytes(count: float) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def duration(seconds: float) -> str:
    """`58 min`, `3 h 05 min`, `40 s`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
