"""The page: a sidebar that all tabs share, and a tab a task."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import gradio as gr
from gradio.themes.utils.fonts import LocalFont
from starlette.middleware import Middleware
from starlette.requests import Request

import textgen.ui.beam.tab as beam
import textgen.ui.calibration.tab as calibration
import textgen.ui.chaos.tab as chaos
import textgen.ui.classroom.tab as classroom
import textgen.ui.draws.tab as draws
import textgen.ui.generate.tab as generate
import textgen.ui.learn.tab as learn
import textgen.ui.model.tab as model
import textgen.ui.next_token.tab as next_token
import textgen.ui.own.tab as own
import textgen.ui.ratings.tab as ratings
import textgen.ui.sweep.tab as sweep
import textgen.ui.train.tab as train
from textgen.models.registry import Registry
from textgen.ui.classroom.routes import routes as class_routes
from textgen.ui.link import link
from textgen.ui.own.tab import routes as own_routes
from textgen.ui.saving import save
from textgen.ui.server.endpoints import Endpoints, Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.server.streams import Place, route
from textgen.ui.service.guard import OPEN, Door, Guard
from textgen.ui.service.proxies import TrustedHosts, UnderPath
from textgen.ui.service.service import OWN, Service, Watch
from textgen.ui.service.store import MemoryStore
from textgen.ui.shell import assets
from textgen.ui.shell.components import LabComponent, streams_of
from textgen.ui.sidebar import sidebar
from textgen.ui.words import catalogue, languages

TITLE = "Temperature Lab"
# The semibold files that Gradio ships hold no Latin letters; bold stands in for 600.
WEIGHTS = (400, 700)


class Room(Protocol):
    """A room's `tab.py`."""

    @property
    def IGNORES(self) -> Mapping[str, str]:  # noqa: N802
        """Controls of the sidebar that have no effect here, each with a sentence that says so."""
        ...

    def build(self, lab: Laboratory) -> None: ...


Rooms = tuple[tuple[str, str, Room], ...]  # title, id, what is in it
AT_TERMS = ("glossary.ask", "glossary.lost", "glossary.none")  # keys of what an ⓘ says by itself
FIRST = "next"  # the tab that the page opens with
TABS: Rooms = (
    ("Learn", "learn", learn),
    ("Next token", "next", next_token),
    ("Generate", "generate", generate),
    ("Draws", "draws", draws),
    ("Beam search", "beam", beam),
)
EXPERIMENTS: Rooms = (
    ("Sweep", "sweep", sweep),
    ("Chaos", "chaos", chaos),
    ("Calibration", "calibration", calibration),
    ("Blind ratings", "ratings", ratings),
)
CLASS: tuple[str, str, Room] = ("Class", "class", classroom)
MODEL: tuple[str, str, Room] = ("Model", "model", model)
MODEL_ROOMS: tuple[Room, ...] = (train, model, own)  # all that stands in it


def build(registry: Registry, limits: Limits = Limits()) -> gr.Blocks:
    """The whole page on a folder of models; nothing is loaded until a browser asks."""
    return build_lab(Laboratory(registry, limits))


def build_lab(lab: Laboratory) -> gr.Blocks:
    """The page of a laboratory. Each room puts its own component into its tab, and wires it."""
    with Page(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        LabComponent("frame", {}, module="frame/frame.js")
        link.build(lab)
        with gr.Column(elem_id="sidebar", min_width=0):
            sidebar.build(lab)
        with gr.Tabs(elem_id="tabs", selected=FIRST, overflow_behavior="wrap"):
            for room in TABS:
                add_tab(lab, *room)
            experiments = gr.Tab("Experiments", id="experiments", elem_id="tab-experiments")
            with experiments, gr.Tabs(elem_id="experiments", overflow_behavior="wrap"):
                for room in EXPERIMENTS:
                    add_tab(lab, *room)
            add_tab(lab, *CLASS)
            add_tab(lab, *MODEL[:2], *MODEL_ROOMS)
        save.build(lab)
        Endpoints(lab.registry, lab.visitors).connect()
        page.visitors = lab.visitors
    return page


def add_tab(lab: Laboratory, title: str, name: str, *rooms: Room) -> None:
    """One tab with its room in it, or several; `elem_id` lets the tab name its panel."""
    with gr.Tab(title, id=name, elem_id=f"tab-{name}"):
        for room in rooms:
            room.build(lab)


@dataclass(frozen=True)
class Site:
    """Where a server stands, as whoever runs it says."""

    embedders: tuple[str, ...] = ()  # sites whose pages may show it in a frame
    root_path: str = ""  # under which a proxy serves it
    hosts: tuple[str, ...] = ("*",)  # its names
    reach: str = ""  # its address for other devices of the network; "": none, or not known


def launch_options(registry: Registry, site: Site = Site(), service: Service | None = None) -> dict[str, Any]:
    """What `Blocks.launch` needs to serve this page: offline, no telemetry, no sharing."""
    service = service or Service(registry, MemoryStore())
    return {
        "theme": theme(),
        "head": assets.head(),
        "root_path": site.root_path,
        "app_kwargs": {
            "routes": [
                *assets.routes(lambda: page_config(registry, site)),
                route(streams_of, place_of),
                *own_routes(),
                *train.routes(train.room_of),
                *class_routes(classroom.classroom_of, classroom.devices_page),
            ],
            "middleware": [
                Middleware(UnderPath, root=site.root_path, known={*first_parts(OPEN), *OWN}),
                Middleware(Watch, service=service),
                Middleware(TrustedHosts, names=site.hosts),
                Middleware(assets.PackedPage),
                Middleware(Guard, embedders=site.embedders),
                Middleware(assets.FirstPaint),
            ],
        },
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "footer_links": [],
        "ssr_mode": False,
        "quiet": True,
    }


def place_of(request: Request, name: str) -> Place:
    """Where a stream waits for its visitor's turn."""
    return request.app.get_blocks().visitors.place(name)


def first_parts(doors: Iterable[Door]) -> set[str]:
    """How the addresses that are open begin."""
    return {door.path.split("/")[1] for door in doors}


def page_config(registry: Registry, site: Site = Site()) -> dict[str, Any]:
    """What all modules of the page know from Python: see `config.d.ts`."""
    now = {"loaded": registry.first() in registry.loaded(), "reach": site.reach}
    return {**config_of(registry, registry.stamps()), **now}


@lru_cache(maxsize=1)
def config_of(registry: Registry, _stamps: Hashable) -> dict[str, Any]:
    """What is the same for all visitors until a model comes, goes or changes."""
    ignored = {name: room.IGNORES for _, name, room in (*TABS, *EXPERIMENTS, CLASS, MODEL)}
    opening = next_token.opening(registry)
    facts = {
        "ignored": ignored,
        "languages": languages(),
        "glossary": {language: glossary_words(language) for language in languages()},
        "opening": opening,
        "link": link.link_config(),
    }
    return {**sidebar.sidebar_config(registry), **facts}


def glossary_words(language: str) -> dict[str, str]:
    """What the ⓘ says before the glossary is loaded, and where it is not."""
    words = catalogue(language)
    return {key.removeprefix("glossary."): words[key] for key in AT_TERMS}


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
