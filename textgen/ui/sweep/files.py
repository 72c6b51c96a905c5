"""Files of a sweep: its means and texts as CSV, all of it as JSON, a report with its charts."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from textgen import __version__
from textgen.errors import SettingError, out_of_range, shorten
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.requests.sweep import SweepRequest, Swept
from textgen.experiments.sweep.export import as_json, cells_csv, texts_csv
from textgen.experiments.sweep.records import Cell, SweepResult
from textgen.experiments.sweep.report import Frame, ModelFacts, report
from textgen.models.registry import Registry
from textgen.ui.sidebar.model_facts import Facts
from textgen.ui.sweep.runs import Held
from textgen.units import loss_text

MAX_CHART = 1_000_000  # characters of one chart's SVG
UNSAFE = re.compile(r"<\s*(script|foreignobject|iframe)|javascript:|\son\w+\s*=", re.IGNORECASE)
STAMP = (1980, 1, 1, 0, 0, 0)  # of every file in the zip, so that equal results are equal files
READABLE = 0o644
RECEIPT = "receipt.json"
QUICK_TOKENS = 20_000  # of a sweep whose files are made in a moment

File = dict[str, str]  # name, type, and content: a text, or base64 where `binary`


class Wanted(NamedTuple):
    """A file that somebody wants of a sweep; `kind` and `charts` are what any client may send."""

    kind: Any
    result: SweepResult
    cells: tuple[Cell, ...]
    charts: Any
    now: datetime
    max_tokens: int

    @property
    def quick(self) -> bool:
        """Whether it is made in a moment, or refused."""
        tokens = sum(len(text.ids) for text in self.result.texts)
        return tokens <= QUICK_TOKENS or self.kind not in ("json", "receipt", "report")


def make(registry: Registry, wanted: Wanted) -> Iterator[File]:
    """The file, in one message. Raises SettingError for a kind that there is not."""
    held, write = (wanted.result, wanted.cells), Writer(registry, wanted.now, wanted.max_tokens)
    contents: Mapping[str, Callable[[], File]] = {
        "cells": lambda: text_file("cells.csv", "text/csv", cells_csv(held[1])),
        "texts": lambda: text_file("texts.csv", "text/csv", texts_csv(held[0].texts)),
        "json": lambda: text_file("sweep.json", "application/json", as_text(as_json(*held))),
        "receipt": lambda: text_file(RECEIPT, "application/json", write.receipt(held)),
        "report": lambda: report_file(held, read_charts(wanted.charts), write),
    }
    kind = wanted.kind
    if not isinstance(kind, str) or kind not in contents:
        raise out_of_range("the file", f"one of {', '.join(contents)}", kind, "use the menu")
    yield {**contents[kind](), "done": "made"}


def text_file(name: str, mime: str, content: str) -> File:
    return {"name": f"sweep-{name}", "type": mime, "content": content}


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


class Writer:
    """What files say besides the sweep: the models as they are now, the version, the time."""

    def __init__(self, registry: Registry, now: datetime, max_tokens: int) -> None:
        self.registry, self.now, self.max_tokens = registry, now, max_tokens

    def receipt(self, held: Held) -> str:
        """Raises TextgenError, also for a model that is gone."""
        from textgen import receipts  # torch comes in with the first model

        request = SweepRequest(settings=held[0].settings, texts=len(held[0].texts))
        built = receipts.build(request, self.registry, self.now, Swept(*held), self.max_tokens)
        return built.receipt_text()

    def frame(self, held: Held, charts: Mapping[str, str], receipt: str) -> Frame:
        settings = held[0].settings
        names = [*settings.models]
        if settings.judge and settings.judge not in names:
            names.append(settings.judge)
        return Frame(
            models=[self.facts(name) for name in names],
            version=__version__,
            time=self.now.isoformat(timespec="seconds"),
            charts=charts,
            receipt=receipt,
        )

    def facts(self, name: str) -> ModelFacts:
        from textgen.models.folder import weights_sha256  # torch comes in with the first model

        known = Facts(self.registry.info(name))
        loss = "" if known.loss is None else loss_text(known.loss, known.unit, known.characters)
        return ModelFacts(name, known.title, loss, weights_sha256(self.registry.folder(name)))


def report_file(held: Held, charts: Mapping[str, str], write: Writer) -> File:
    """report.md with its charts, tables and receipt, as one zip."""
    paths = {name: f"charts/{name}.svg" for name in charts}
    files = {
        "report.md": report(*held, write.frame(held, paths, RECEIPT)),
        RECEIPT: write.receipt(held),
        "settings.json": as_text(held[0].settings.to_dict()),
        "cells.csv": cells_csv(held[1]),
        "texts.csv": texts_csv(held[0].texts),
        **{paths[name]: svg for name, svg in charts.items()},
    }
    content = base64.b64encode(zipped(files)).decode("ascii")
    return {"name": "sweep-report.zip", "type": "application/zip", "content": content, "binary": "yes"}


def zipped(files: Mapping[str, str]) -> bytes:
    """Files by path → a zip in memory."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, STAMP)
            entry.external_attr = READABLE << 16
            archive.writestr(entry, content.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def read_charts(charts: Any) -> dict[str, str]:
    """The page's drawings by metric. Raises SettingError for what is none, or does more than draw."""
    known = [metric.name for metric in METRICS]
    if not isinstance(charts, dict) or not set(charts) <= set(known):
        raise SettingError(f"charts must be drawings by metric, got {shorten(charts)}; use the page's menu")
    for name, svg in charts.items():
        if not isinstance(svg, str) or len(svg) > MAX_CHART or not svg.startswith("<svg") or unsafe(svg):
            raise SettingError(
                f"the chart of {name} must be a drawing (SVG) of at most {MAX_CHART:,} characters "
                f"without scripts, got {shorten(svg)}; use the page's menu"
            )
    return charts


def unsafe(svg: str) -> bool:
    return UNSAFE.search(svg) is not None
