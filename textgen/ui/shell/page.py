"""The page: a sidebar that all tabs share, and a tab a task."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.themes.utils.fonts import LocalFont
from starlette.middleware import Middleware

import textgen.ui.beam.tab as beam
import textgen.ui.calibration.tab as calibration
import textgen.ui.chaos.tab as chaos
import textgen.ui.draws.tab as draws
import textgen.ui.generate.tab as generate
import textgen.ui.model.tab as model
import textgen.ui.next_token.tab as next_token
import textgen.ui.ratings.tab as ratings
import textgen.ui.sweep.tab as sweep
from textgen.models.registry import Registry
from textgen.ui.shell import assets, save, sidebar
from textgen.ui.shell.components import LabComponent, streams_of
from textgen.ui.shell.endpoints import Endpoints, Page
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.streams import route

TITLE = "Temperature Lab"
# The semibold files that Gradio ships hold no Latin letters; bold stands in for 600.
WEIGHTS = (400, 700)
EXPERIMENTS = (
    ("Sweep", "sweep", sweep),
    ("Chaos", "chaos", chaos),
    ("Calibration", "calibration", calibration),
    ("Blind ratings", "ratings", ratings),
)


def build(registry: Registry, limits: Limits = Limits()) -> gr.Blocks:
    """The whole page on a folder of models; nothing is loaded until a browser asks."""
    return build_lab(Laboratory(registry, limits))


def build_lab(lab: Laboratory) -> gr.Blocks:
    """The page of a laboratory. Each room puts its own component into its tab, and wires it."""
    with Page(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        LabComponent("frame", {}, module="shell/frame.js")
        with gr.Sidebar(width=300, elem_id="sidebar"):
            sidebar.build(lab)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Next token", id="next"):
                next_token.build(lab)
            with gr.Tab("Generate", id="generate"):
                generate.build(lab)
            with gr.Tab("Draws", id="draws"):
                draws.build(lab)
            with gr.Tab("Beam search", id="beam"):
                beam.build(lab)
            with gr.Tab("Experiments", id="experiments"), gr.Tabs(elem_id="experiments"):
                for title, name, part in EXPERIMENTS:
                    with gr.Tab(title, id=name):
                        part.build(lab)
            with gr.Tab("Model", id="model"):
                model.build(lab)
        save.build(lab)
        Endpoints(lab.registry).connect()
    return page


def launch_options(registry: Registry) -> dict[str, Any]:
    """What `Blocks.launch` needs to serve this page: offline, no telemetry, no sharing."""
    return {
        "theme": theme(),
        "head": assets.head(),
        "app_kwargs": {
            "routes": [*assets.routes(lambda: page_config(registry)), route(streams_of)],
            "middleware": [Middleware(assets.LinkHeader)],
        },
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "footer_links": [],
        "max_file_size": "1mb",
        "ssr_mode": False,
        "quiet": True,
    }


def page_config(registry: Registry) -> dict[str, Any]:
    """What all modules of the page know from Python: see `config.d.ts`."""
    return {**sidebar.page_config(registry), "opening": next_token.opening(registry)}


def theme() -> gr.themes.Base:
    """Gradio's base with our two typefaces, which it ships, and our paper and ink (`page.css`)."""
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
