"""The page: a sidebar that all tabs share, and a tab a task."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

from textgen.models.registry import Registry
from textgen.ui.beam.tab import BeamTab
from textgen.ui.draws.tab import DrawsTab
from textgen.ui.generate.tab import GenerateTab
from textgen.ui.model.compare import CompareCard
from textgen.ui.model.tab import ModelTab
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.shell import assets
from textgen.ui.shell.endpoints import Endpoints
from textgen.ui.shell.experiments import ExperimentsTab
from textgen.ui.shell.laboratory import Laboratory, utc_now
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.model_choice import NUMBERS, arrived, switched
from textgen.ui.shell.save import Exports
from textgen.ui.shell.sidebar import Controls, build_controls
from textgen.ui.sweep.store import SweepStore

TITLE = "Temperature Lab"
# The semibold files that Gradio ships hold no Latin letters; bold stands in for 600.
WEIGHTS = (400, 700)


def build(registry: Registry, limits: Limits = Limits()) -> gr.Blocks:
    """The whole page on a folder of models; nothing is loaded until a browser asks."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        with gr.Sidebar(width=300, elem_id="sidebar"):
            controls = build_controls(registry)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Next token", id="next"):
                next_token = NextTokenTab(registry, controls, new_seed)
            with gr.Tab("Generate", id="generate"):
                generate = GenerateTab(registry, controls, new_seed)
            with gr.Tab("Draws", id="draws"):
                draws = DrawsTab(registry, controls, new_seed)
            with gr.Tab("Beam search", id="beam"):
                beam = BeamTab(registry, controls, new_seed)
            with gr.Tab("Experiments", id="experiments"):
                laboratory = Laboratory(registry, controls, new_seed, limits, SweepStore(new_run))
                experiments = ExperimentsTab(laboratory)
            with gr.Tab("Model", id="model"):
                model = ModelTab(registry, controls)
                compare = CompareCard(registry, controls, new_seed)
        exports = Exports(registry, limits, utc_now)
        Endpoints(registry).connect()
        exports.connect()
        next_token.connect()
        generate.connect(page, tabs, next_token)
        draws.connect()
        beam.connect()
        experiments.connect()
        model.connect()
        compare.connect()
        mirror_settings(controls)
        switch_source(registry, controls)
        page.load(
            lambda model: arrived(registry, model),
            controls.model,
            [controls.model, controls.models],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        page.load(
            next_token.show,
            controls.source,
            next_token.view,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    return page


def new_seed() -> int:
    """A fresh seed that is easily read out in class."""
    return secrets.randbelow(1_000_000)


def new_run() -> str:
    """The id of a result: whoever knows it may see the result."""
    return secrets.token_urlsafe(16)


def mirror_settings(controls: Controls) -> None:
    """Keep the browser's copy of the settings: what the sliders drive never asks the server.

    A slider that is moved by hand is heard by `lab.js` itself; this is for presets, resets and handlers.
    """
    names = ", ".join(f"'{name}'" for name in controls.stages)
    gr.on(
        [component.change for component in controls.settings],  # type: ignore[attr-defined]
        None,
        controls.settings,
        None,
        js=f"(...values) => TemperatureLab.fromSidebar([{names}], values)",
        api_visibility="private",
    )


def switch_source(registry: Registry, controls: Controls) -> None:
    """A model has a context, typed-in numbers have none; what a model cannot read is said below it."""
    c = controls
    quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

    def shown(model: Any, context: Any, given: Any) -> list[Any]:
        new, note = switched(registry, model, context, given)
        typed = model == NUMBERS
        fields = [gr.update(visible=True if on else "hidden") for on in (not typed, typed, typed)]
        if new is not None:
            fields[0]["value"], given = new, new
        return [*fields, given, {"note": note}]

    c.model.change(
        shown, [c.model, c.context, c.given], [c.context, c.numbers, c.kind, c.given, c.kept], **quick
    )
    c.context.change(None, None, None, js="() => TemperatureLab.contextChanged?.()", **quick)


def launch_options() -> dict[str, Any]:
    """What `Blocks.launch` needs to serve this page: offline, no telemetry, no sharing."""
    return {
        "theme": theme(),
        "head": assets.head(),
        "app_kwargs": {"routes": assets.routes()},
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "footer_links": [],
        "max_file_size": "1mb",
        "ssr_mode": False,
        "quiet": True,
    }


def theme() -> gr.themes.Base:
    """Gradio's base with our two typefaces, which it ships, and our paper and ink (`lab.css`)."""
    return gr.themes.Base(
        primary_hue="slate",
        neutral_hue="slate",
        radius_size="lg",
        font=[LocalFont("IBM Plex Sans", weights=WEIGHTS), "system-ui", "sans-serif"],
        font_mono=[
            LocalFont("IBM Plex Mono", weights=WEIGHTS),
            "ui-monospace",
            "monospace",
        ],
    )
