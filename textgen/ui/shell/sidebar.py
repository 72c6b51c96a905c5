"""The sidebar: what all tabs share. The only place that turns the page's values into settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from textgen.models.registry import Registry
from textgen.settings import ORDERS, RULES, TEMPERATURE_FIRST, DecodeSettings
from textgen.ui.shell.components import LabComponent, Number, Radio, Slider
from textgen.ui.shell.model_choice import NUMBERS, first_choice, model_choice, model_list
from textgen.ui.shell.model_facts import FIRST_CONTEXT, facts_of

__all__ = ["NUMBERS", "Controls", "build_controls", "settings_from"]

FIRST_NUMBERS = "0.73, 0.15, 0.12"
# A temperature inside the range that guides give for the task, and what to expect.
PRESETS: Mapping[str, tuple[float, str]] = {
    "Code": (0.3, "Code, 0.2–0.5: the likeliest choices, few surprises, soon repetitive."),
    "Answers": (0.4, "Answers, 0.2–0.6: near what the model is sure of, which need not be true."),
    "Long form": (0.7, "Long form, 0.6–0.8: varied, yet it holds together over a page."),
    "Creative": (0.9, "Creative, 0.7–1.0: nearly as learned; fresh phrases and first slips."),
    "Explore": (1.1, "Exploration, 0.8–1.2: rare continuations, more of them wrong."),
}


@dataclass(frozen=True)
class Controls:
    """The sidebar's components."""

    models: LabComponent  # what there is to choose from
    model: LabComponent  # a model's name, or NUMBERS
    context: gr.Textbox
    given: gr.State  # the context that the page itself put in last
    kept: LabComponent  # what the chosen model cannot read of the context
    numbers: gr.Textbox
    kind: gr.Radio
    stages: dict[str, Component]  # a component a stage, keyed by the setting's name
    order: gr.Textbox  # the stages' names in their order, comma-separated
    order_choice: gr.Radio
    seed: gr.Number
    lock: gr.Checkbox

    @property
    def source(self) -> list[Component]:
        """What a distribution is made from."""
        return [self.model, self.context, self.numbers, self.kind]

    @property
    def settings(self) -> list[Component]:
        """What `settings_from` takes, in its order."""
        return [*self.stages.values(), self.order]


def settings_from(values: Sequence[Any]) -> DecodeSettings:
    """The values of `Controls.settings` → settings. Raises SettingError."""
    *stages, order = values
    named = dict(zip(RULES, stages, strict=True))
    return DecodeSettings(**named, order=tuple(str(order).split(",")))


def build_controls(registry: Registry) -> Controls:
    """Lay out the sidebar's content."""
    gr.HTML(
        '<div class="lab-title">Temperature Lab</div>'
        '<div class="lab-subtitle">how a model picks its next token</div>'
    )
    models, model = model_list(registry), model_choice(registry)
    first = first_context(registry)
    context = gr.Textbox(
        first,
        label="Context",
        lines=2,
        max_lines=8,
        elem_id="context",
        placeholder="Empty: the start of a text",
    )
    given, kept = gr.State(first), LabComponent("kept", {}, ())
    numbers = gr.Textbox(
        FIRST_NUMBERS,
        label="Your own numbers",
        lines=2,
        visible="hidden",
        elem_id="numbers",
        info="0.73, 0.15, 0.12 or a: 2.0, b: 1.0",
    )
    kind = Radio(
        ["auto", "probabilities", "logits"], value="auto", label="They are", visible="hidden", elem_id="kind"
    )
    stages = temperature_controls()
    seed, lock = seed_controls()
    stages, order, order_choice = further_stages(stages)
    source = (models, model, context, given, kept, numbers, kind)
    return Controls(*source, stages, order, order_choice, seed, lock)


def first_context(registry: Registry) -> str:
    """What stands in the context when the page opens: the first model's own."""
    facts = facts_of(registry, first_choice(registry))
    return facts.prompt if facts else FIRST_CONTEXT


def slider(name: str, label: str, top: float, step: float, info: str | None = None) -> Slider:
    """A stage's slider at its neutral value, from the lowest legal value on its grid."""
    low = step if RULES[name].neutral == 1 and name != "temperature" else 0
    return Slider(low, top, value=RULES[name].neutral, step=step, label=label, info=info, elem_id=name)


def temperature_controls() -> dict[str, Component]:
    """Temperature, its presets and the common truncations."""
    temperature = slider("temperature", "Temperature", 3, 0.01)
    gr.HTML(
        '<div class="thermal-ends"><span>0 greedy</span><span>1 as learned</span><span>3</span></div>'
        '<div class="lab-effects" role="status"></div>'
    )
    with gr.Row(elem_id="presets"):
        for name, (value, sentence) in PRESETS.items():
            button = gr.Button(name, size="sm", min_width=40)
            shown = f"() => TemperatureLab.preset({value}, {json.dumps(sentence)})"
            button.click(None, None, temperature, js=shown, api_visibility="private")
    gr.HTML('<div class="lab-preset" role="status"></div>')
    return {
        "temperature": temperature,
        "top_k": slider("top_k", "Top-k (0 = off)", 200, 1),
        "top_p": slider("top_p", "Top-p (1 = off)", 1, 0.01),
        "min_p": slider("min_p", "Min-p (0 = off)", 1, 0.01),
    }


def further_stages(common: dict[str, Component]) -> tuple[dict[str, Component], gr.Textbox, gr.Radio]:
    """The stages that few need, folded away, and the order of all."""
    with gr.Accordion("More stages and their order", open=False, elem_id="more-stages"):
        further = {
            "typical": slider("typical", "Typical (1 = off)", 1, 0.01),
            "epsilon": slider("epsilon", "Epsilon (0 = off)", 0.1, 0.001),
            "eta": slider("eta", "Eta (0 = off)", 0.1, 0.001),
            "top_n_sigma": slider("top_n_sigma", "Top-nσ (0 = off)", 5, 0.1),
            "repetition_penalty": slider("repetition_penalty", "Repetition penalty (1 = off)", 3, 0.05),
            "no_repeat_ngram": slider("no_repeat_ngram", "No repeat of n-grams (0 = off)", 20, 1),
        }
        choice = Radio([*ORDERS, "custom"], value="temperature first", label="Order", elem_id="order-choice")
    order = gr.Textbox(
        ",".join(TEMPERATURE_FIRST), visible="hidden", elem_id="order", label="Order of the stages"
    )
    return {name: {**common, **further}[name] for name in RULES}, order, choice


def seed_controls() -> tuple[gr.Number, gr.Checkbox]:
    """The seed in use, and whether it stays."""
    with gr.Row(elem_id="seed-row"):
        seed = Number(1234, label="Seed", precision=0, elem_id="seed", min_width=80)
        lock = gr.Checkbox(True, label="keep it", elem_id="seed-lock", min_width=80, container=False)
    return seed, lock
