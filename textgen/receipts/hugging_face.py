"""What Hugging Face transformers calls our settings, and whether it has them in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textgen.decoding.beam import draws, heeded
from textgen.models.folder import Model
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import STAGES, TEMPERATURE_FIRST

THEIR_ORDER = tuple(name for name in TEMPERATURE_FIRST if STAGES[name].hf_class)
OWN_ORDER = f"transformers' generate has an order of its own: {', '.join(THEIR_ORDER)}"
TOP_FIRST = "may remove the likeliest token before T = 0 takes it, where transformers takes the top"
MUTED_LATE = (
    "transformers adds up what the stages made before it takes the share of <unk> away, this lab after"
)
YOURS = "# `model` is yours, as from_pretrained gives it; these ids are those of this lab's tokenizer"


class Equivalent(NamedTuple):
    """The transformers call that does the same; None where there is none, and then why."""

    code: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """What `generate` takes for some settings; `missing` says why it cannot do the same, "" if it can."""

    values: tuple[str, ...] = ()
    missing: str = ""

    def __str__(self) -> str:
        return ", ".join(self.values)


def stages_of(settings: DecodeSettings) -> tuple[str, ...]:
    """The stages that decide: after T = 0 a single token is left."""
    active = settings.active()
    return active[: active.index("temperature")] if settings.temperature == 0 else active


def processors(settings: DecodeSettings) -> tuple[list[str], str]:
    """`TopKLogitsWarper(40)` for each stage in our order, and what transformers has not: "" for nothing."""
    stages = stages_of(settings)
    if missing := unknown_to_transformers(stages):
        return [], missing
    return [f"{STAGES[name].hf_class}({getattr(settings, name)!r})" for name in stages], ""


def unknown_to_transformers(stages: Sequence[str]) -> str:
    """Says which of some stages transformers lacks, the first of them; "" for none."""
    return next(
        (f"transformers has no {STAGES[name].flag}" for name in stages if name not in THEIR_ORDER), ""
    )


def sampling(settings: DecodeSettings) -> Arguments:
    """Drawing each token, or taking the likeliest at T = 0."""
    if settings.temperature == 0:
        return greedy(stages_of(settings), settings)
    active = settings.active()
    if missing := unknown_to_transformers(active):
        return Arguments(missing=missing)
    if list(active) != [name for name in THEIR_ORDER if name in active]:
        return Arguments(missing=OWN_ORDER)
    top_k = () if "top_k" in active else ("top_k=0",)  # their default is 50
    return Arguments(("do_sample=True", *named(active, settings), *top_k))


def greedy(stages: Sequence[str], settings: DecodeSettings) -> Arguments:
    """Taking the likeliest after what looks at the text; other stages keep it, but for typical."""
    history = [name for name in stages if STAGES[name].reads_history]
    for name in stages:
        if not (STAGES[name].keeps_top or STAGES[name].reads_history):
            return Arguments(missing=f"{STAGES[name].title} {TOP_FIRST}")
    if tuple(stages[: len(history)]) != tuple(history):
        return Arguments(missing=OWN_ORDER)
    return Arguments(("do_sample=False", *named(history, settings)))


def beams(beam: BeamSettings, settings: DecodeSettings, model: Model) -> Arguments:
    """A beam search of the same rules."""
    if beam.width == 1 and beam.stops and beam.early_stopping is not True:
        return Arguments(missing="one beam of transformers is greedy, and ends at its first stop")
    kept = heeded(settings, beam)
    if model.muted and kept.active():
        return Arguments(missing=MUTED_LATE)
    if draws(beam, settings):
        drawn = sampling(settings)
    else:
        drawn = Arguments(("do_sample=False", *named(kept.active(), kept)))
    anew = (
        ("renormalize_logits=True",) if model.muted else ()
    )  # here a muted token has no share to begin with
    early = f"early_stopping={beam.early_stopping!r}"
    shape = (f"num_beams={beam.width}", f"length_penalty={beam.length_penalty!r}", early)
    return Arguments((*shape, *drawn.values, *anew), drawn.missing)


def named(stages: Sequence[str], settings: DecodeSettings) -> list[str]:
    return [f"{STAGES[name].hf_argument}={getattr(settings, name)!r}" for name in stages]


def endings(model: Model, length: int, stops: Sequence[int]) -> list[str]:
    """Where a text ends, and what is never written."""
    ends = [f"eos_token_id={list(stops)}", f"pad_token_id={stops[0]}"] if stops else []
    muted = [f"suppress_tokens={sorted(model.muted)}"] if model.muted else []
    return [f"max_new_tokens={length}", *ends, *muted]


def ids_code(ids: Sequence[int]) -> str:
    """`ids`, (1, T)."""
    return f"ids = torch.tensor([{list(ids)}], dtype=torch.long)"
