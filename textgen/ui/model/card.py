"""A model's card: what it is, in tiles that a student can read. Facts → labels, values and a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textgen.nets import ARCHITECTURES
from textgen.ui.shell.model_facts import Facts, cut, finite, significant, size


@dataclass(frozen=True, slots=True)
class Tile:
    """One fact of a card."""

    label: str
    value: str
    detail: str = ""

    def to_dict(self) -> dict[str, str]:
        return {"label": self.label, "value": self.value, "detail": self.detail}


def card(facts: Facts) -> list[Tile]:
    """All that is known of a model, each fact once."""
    makers = (network, parameters, vocabulary, loss, rivals, corpus, split, training, calibration, made)
    return [tile for maker in makers for tile in maker(facts) if tile.value]


def network(facts: Facts) -> Iterator[Tile]:
    sizes = facts.part("sizes")
    known = sizes.items() if isinstance(sizes, dict) else ()
    shown = [measure(str(key), value) for key, value in known if key not in ("vocab_size", "layers")]
    known = ARCHITECTURES.get(facts.text("architecture"))
    reads = known.reads if known else ""
    yield Tile("Network", facts.network, joined(reads, cut(f"Sizes: {', '.join(shown)}.") if shown else ""))


def measure(key: str, value: Any) -> str:
    """`embedding 128`; of yes and no: `tied`, `not tied`."""
    name = key.replace("_", " ")
    return f"{'' if value else 'not '}{name}" if isinstance(value, bool) else f"{name} {value}"


def parameters(facts: Facts) -> Iterator[Tile]:
    count = facts.whole("parameters")
    if count is not None:
        yield Tile("Parameters", f"{count:,}", "Numbers that training has set.")


def vocabulary(facts: Facts) -> Iterator[Tile]:
    count = facts.whole("sizes", "vocab_size")
    if count is not None:
        yield Tile("Vocabulary", f"{count:,} {facts.units}", "It can read and write no others.")


def loss(facts: Facts) -> Iterator[Tile]:
    """The measured loss, what it means, and its other forms."""
    if facts.loss is None:
        return
    choices = f"As unsure as among {significant(math.exp(facts.loss))} equally likely {facts.units}"
    value = f"{facts.loss:.3f} nats"
    streamed = facts.number("losses", "validation_streamed") if not facts.part("bos") else None
    yield Tile(
        "Loss on new text",
        f"{facts.score}, {value}" if facts.unit == "word" else value,
        joined(
            f"Per {facts.unit}: {facts.loss / math.log(2):.3f} bits.",
            f"{choices} (its perplexity).",
            f"Measured in windows of {facts.window}." if facts.window else "",
            f"Reading on without a break: {streamed:.3f} nats." if streamed is not None else "",
        ),
    )


def rivals(facts: Facts) -> Iterator[Tile]:
    """What it was trained to beat, and what others reached."""
    target = facts.number("target")
    note = facts.text("recipe", "target_note") or facts.text("target_note")
    if target is not None and target > 0:
        words = f"perplexity {math.exp(target):.1f}, " if facts.unit == "word" and target < 50 else ""
        told = joined(verdict(facts.loss, target), sentence(note))
        yield Tile("Had to beat", f"{words}{target:g} nats", told)
    yield from author(facts)
    for key, label in (("baseline", "Baseline"), ("published", "Published")):
        for entry in entries(facts.part(key)):
            yield Tile(label, *entry)


def author(facts: Facts) -> Iterator[Tile]:
    """What the network's author reports of its own training."""
    theirs, ours = facts.number("published", "train_loss"), facts.number("losses", "train_with_dropout")
    if theirs is not None:
        here = f"This one's: {ours:g}." if ours is not None else ""
        source = sentence(facts.text("published", "source"))
        yield Tile(
            "Published", f"{theirs:g} nats", joined("Its author's training loss at the end.", here, source)
        )


def verdict(loss: float | None, target: float) -> str:
    if loss is None:
        return ""
    return f"{'Beaten' if loss <= target else 'Missed'} by {abs(target - loss):.3f}."


def entries(found: Any) -> Iterator[tuple[str, str]]:
    """One comparison, or a list of them: {"name", "perplexity", …} → the figures, and whose they are."""
    for entry in found if isinstance(found, list) else [found]:
        if isinstance(entry, dict) and "train_loss" not in entry:
            figures = [
                f"{str(key).replace('_', ' ')} {number:g}"
                for key, value in entry.items()
                if (number := finite(value)) is not None
            ]
            rest = [value for value in entry.values() if isinstance(value, str)]
            yield cut(", ".join(figures)), cut(joined(*map(sentence, rest)))


def corpus(facts: Facts) -> Iterator[Tile]:
    length = facts.number("corpus", "bytes")
    url = facts.text("corpus", "url")
    status = (
        facts.text("corpus", "status") or facts.text("corpus", "licence") or facts.text("corpus", "license")
    )
    source = f"Source: {url}" if url else ""
    yield Tile(
        "Text", facts.corpus, joined(f"{megabytes(length)}." if length else "", sentence(status), source)
    )


def split(facts: Facts) -> Iterator[Tile]:
    learned, kept = facts.whole("split", "train_tokens"), facts.whole("split", "validation_tokens")
    back = facts.text("split", "validation") or "rest"
    yield Tile(
        "Learned from",
        facts.text("split", "train"),
        joined(
            f"{learned:,} {facts.units}." if learned else "",
            f"The {back} ({kept:,}) was kept back to measure it." if kept else "",
        ),
    )


def training(facts: Facts) -> Iterator[Tile]:
    seconds, steps = facts.number("training", "seconds"), facts.whole("training", "steps")
    tokens, kept = facts.number("training", "tokens"), facts.whole("training", "kept_step")
    passes = tokens / learned if tokens and (learned := facts.number("split", "train_tokens")) else None
    read = f"{size(tokens)} {facts.units} learned from" + (f", {times(passes)}." if passes else ".")
    yield Tile(
        "Training",
        duration(seconds) if seconds is not None else f"{steps:,} steps" if steps else "",
        joined(
            f"{steps:,} steps{f', step {kept:,} kept' if kept else ''}." if steps else "",
            read if tokens else "",
            sentence(f"On {machine}" if (machine := facts.text("training", "machine")) else ""),
        ),
    )


def times(passes: float) -> str:
    """How much that is: `31 times the text`, `3% of the text`."""
    return f"{significant(passes)} times the text" if passes >= 1 else f"{passes:.0%} of the text"


def calibration(facts: Facts) -> Iterator[Tile]:
    """What temperature scaling did."""
    divided = facts.number("calibration", "temperature")
    if divided is not None:
        detail = "After training its logits were divided by this, so that T = 1 predicts new text best."
        yield Tile("Calibrated", f"÷ {divided:.2f}", detail)


def made(facts: Facts) -> Iterator[Tile]:
    seed = facts.whole("seed")
    yield Tile("Made on", facts.text("date"), f"With seed {seed}." if seed is not None else "")


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
