"""Strangers' calls: every address of a running page, asked with what nobody should send.

    python -m scripts.fuzz --calls 10000 --seed 7

Half characters, unhashable names, wrong types, huge numbers, deep nesting, HTML, broken JSON, wrong content
types: to the questions and streams of all components, to the named endpoints, to a class, to every other
address, Gradio's own among them. What there is to ask is read off the page, so what is new is asked as well.
It ends with 1 where an answer was a 500 or no sentence, or where the log has a traceback, and says how much
memory the server took on the way.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from textgen.models.registry import Registry, default_root
from textgen.ui.frame.page import build_lab, launch_options
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.service.guard import OPEN
from textgen.ui.service.memory import give_back
from textgen.validation import MAX_TEXT

PART = re.compile(r"\{[^}]*\}")  # of an address that stands for anything
WARM = 10  # memory is taken after a tenth of the calls, when all has been loaded, and after the last one
PATIENCE = 60.0  # seconds that one answer may take
BROKEN = 599  # stands for an answer that does not come
LINES = 3  # of a stream that are read before it is hung up
JSON = "application/json"
# Work is small: what is looked for are mistakes, and they come before it.
LIMITS = Limits(
    sweep_tokens=400, chaos_tokens=400, result_tokens=2_000, scored_characters=400, visitor_tokens=10**9
)
MARK = "<img src=x onerror=alert(1)>"

# ---- what is sent

MODEL = "the page's first"  # gives way to its name
CODE, KEY = "the class's code", "the class's key"  # give way to those of a class that is going on
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 7, 0.5, 1e308, 10**9, 10**30, -(10**400)),
    *("", " ", "a", "../tiny", "0,7", "NaN", "1e999", "\0", "\r\n", "🙂", MARK, "${7*7}{{7*7}}"),
    *("\ud800", "a\udfffb\ud800\udc00", "ß" * (MAX_TEXT + 1), ": A 0.5, B 0.5", "3, 1", "0.1:2:0.1"),
    *([], [[]], [1, 2], ["a", "\ud800"], [None] * 70, [[0, 1], [1, 2]], [[[[[[[[[]]]]]]]]], ["x"] * 2_000),
    *({}, {"": []}, {"kind": "text"}, {"\ud800": 1}, {"a": {"b": [{}]}}, {"temperature": "\ud800"}),
    *({"top_k": [3]}, {"logit_bias": {"\ud800": 1}}, {"order": [[]]}, {"stop": [MARK]}),
)
LEGAL: Mapping[str, tuple[Any, ...]] = {
    "model": (MODEL,),
    "beside": (MODEL,),
    "models": ([MODEL],),
    "judge": ("",),
    "context": ("bad", "a\ud800b"),
    "prompt": ("bad", ""),
    "text": ("abcabc",),
    "given": ("",),
    "numbers": (None, None, None, "3, 1"),
    "numbers_kind": ("auto",),
    "table": (None, ": A 0.5, B 0.5"),
    "settings": ({}, {"temperature": 2}, {"top_k": 3, "temperature": 0}),
    "seed": (3, "5", None),
    "n": (10, 1),
    "drawn": (0, 10),
    "at": (0,),
    "page": (0,),
    "temperatures": ([0.5, 1],),
    "step": (0,),
    "id": (1,),
    "ids": ([1, 2],),
    "known": ("",),
    "low": (0.5,),
    "high": (1.5,),
    "rows": (2, 3),
    "length": (20, 5),
    "goal": (5,),
    "texts": ([{"settings": {}, "length": 5}], [{"ids": [1]}]),
    "form": ({"width": 2, "length": 3, "early": "no", "stop": "none"},),
    "beam": ({"width": 2, "length": 3},),
    "format": ("csv", "json", "receipt"),
    "kind": ("text", "json", "draws"),
    "name": ("top_k", "seed"),
    "panels": ([{}],),
    "value": (3,),
    "scale": ("bits",),
    "own": ([],),
    "charts": ({},),
    "window": (None,),
    "run": ("a",),
    "view": ({},),
    "cell": ({},),
    "first": ({},),
    "second": ({},),
    "cells": ([["a", "", "b", 1]],),
    "each": (3,),
    "question": (
        "coherence",
        {"kind": "token", "model": MODEL, "context": "a"},
        {"kind": "count", "model": MODEL, "token": 1, "seed": 1},
        {"kind": "bars", "model": MODEL, "to": [2]},
        {"kind": "texts", "model": MODEL, "t": 1, "temperatures": [1, 2], "length": 20, "seed": 1},
        {"kind": "class", "model": MODEL, "seed": 1},
    ),
    "code": (CODE,),
    "device": ("a1" * 16, "b2" * 16),
    "round": (1, 2, 3),
    "turn": (1, 2),
    "vote": (0, 1, [50, 50]),
    "action": ("close", "again", "reveal", "next", "draw", "on"),
    "set": ("s0",),
    "csv": ("",),
    "ratings": ([],),
    "request": (
        {"kind": "distribution", "model": MODEL, "context": "a", "panels": [{}]},
        {"kind": "draws", "model": MODEL, "temperatures": [1], "seed": 1, "n": 9},
        {"kind": "text", "model": MODEL, "seed": 1, "texts": [{"length": 3}]},
        {"settings": {"models": [MODEL], "temperatures": [1], "seeds": [0], "length": 2}},
    ),
}
BODIES = (
    *(
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"a"',
        b'{"data": NaN}',
        b'{"data": [1e999]}',
        b"\xff\xfe",
        b"\xed\xa0\x80",
    ),
    *(b"[" * 5_000, b'{"data": ' + b"[" * 500 + b"]" * 500 + b"}", b'{"a":' * 20 + b"1" + b"}" * 20),
    *(
        b'{"data": ["\\ud800"]}',
        b'{"data": ' + b"9" * 5_000 + b"}",
        b'{"data": [], "session_hash": [], "fn_index": {}}',
    ),
)
TYPES = (
    JSON,
    JSON,
    JSON,
    "text/plain",
    "multipart/form-data; boundary=a",
    "multipart/form-data",
    "",
    "a/b;=;",
)
# What stands behind the ? of an address; the addresses themselves are read off the page's app.
QUERIES = (
    *("GET /gradio_api/queue/data?session_hash={junk}", "GET /theme.css?v={junk}", "GET /class?room={junk}"),
    *("GET /?deep_link={junk}", "GET /config?deep_link={junk}&page={junk}", "GET /{junk}"),
    "GET /gradio_api/info?page={junk}",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a stranger."""

    method: str
    address: str
    content: bytes
    kind: str = JSON
    endpoint: str = ""  # whose answer is then fetched


class Stranger:
    """Makes up calls; the same ones for the same seed."""

    def __init__(self, page: Page, names: Mapping[str, str], seed: int) -> None:
        """names: what the placeholders above stand for."""
        self.names = names
        self.random = random.Random(seed)
        self.streams = [f"/lab/stream/{name}" for name in page.streams]
        self.posts = [path for _, path in addresses(page, "POST") if path.startswith("/class/")]
        self.open, self.closed = routes(page)
        self.endpoints = {
            address.removeprefix("/"): [value["parameter_name"] for value in endpoint["parameters"]]
            for address, endpoint in page.get_api_info()["named_endpoints"].items()
        }
        self.questions = [
            (number, name)
            for number, block in page.blocks.items()
            for name in dir(block)
            if getattr(getattr(block, name, None), "_is_server_fn", False)
        ]

    def call(self) -> Call:
        kinds = (self.question, self.question, self.stream, self.endpoint, self.lesson, self.route)
        return self.random.choice(kinds)()

    def question(self) -> Call:
        component, name = self.random.choice(self.questions)
        body = {"data": self.data(), "component_id": component, "fn_name": name, "session_hash": "stranger"}
        if self.random.random() < 0.1:
            body[self.random.choice(list(body))] = self.junk()
        return Call("POST", "/gradio_api/component_server", self.as_json(body))

    def stream(self) -> Call:
        return Call("POST", self.random.choice(self.streams), self.as_json(self.data()))

    def endpoint(self) -> Call:
        """Of each parameter something legal, or not."""
        name, fields = self.random.choice([*self.endpoints.items()])
        data = [self.value(field) if field in LEGAL else self.junk() for field in fields]
        some = data[: self.random.randint(0, len(data) + 1)]
        body = {"data": some if self.random.random() < 0.8 else self.junk()}
        return Call("POST", f"/gradio_api/call/{name}", self.as_json(body), endpoint=name)

    def lesson(self) -> Call:
        """Of a device or a teacher of a class; the teacher's key comes along now and then."""
        data = self.data()
        if isinstance(data, dict) and self.random.random() < 0.4:
            data["key"] = KEY
        return Call("POST", self.random.choice(self.posts), self.as_json(data))

    def route(self) -> Call:
        """Any address with any body."""
        among = self.random.choice((self.open, self.open, QUERIES, self.closed))
        method, address = self.random.choice(among).split(" ", 1)
        address = PART.sub(lambda _: quote(str(self.junk())[:200], errors="replace", safe=""), address)
        content = self.random.choice(BODIES) if self.random.random() < 0.6 else self.as_json(self.data())
        return Call(method, address, content, self.random.choice(TYPES))

    def data(self) -> Any:
        """A request in which most is legal."""
        if self.random.random() < 0.05:
            return self.junk()
        names = [name for name in LEGAL if self.random.random() < 0.95]
        return {name: self.value(name) for name in names}

    def value(self, name: str) -> Any:
        value = self.random.choice(LEGAL[name]) if self.random.random() < 0.9 else self.junk()
        if isinstance(value, dict) and value and self.random.random() < 0.3:
            return {**value, self.random.choice(list(value)): self.junk()}
        return value

    def junk(self) -> Any:
        return self.random.choice(JUNK)

    def as_json(self, value: Any) -> bytes:
        """JSON as a browser sends it: half characters are escaped."""
        sent = json.dumps(value)
        for placeholder, name in self.names.items():
            sent = sent.replace(json.dumps(placeholder), json.dumps(name))
        return sent.encode()


def addresses(page: Page, *methods: str) -> list[tuple[str, str]]:
    """The addresses of a page's app that take one of the methods: `("POST", "/lab/stream/{name}")`."""
    return [
        (method, route.path)  # type: ignore[attr-defined]
        for route in page.app.routes
        for method in sorted(getattr(route, "methods", None) or ())
        if method in methods
    ]


def routes(page: Page) -> tuple[list[str], list[str]]:
    """All addresses of a page's app: those that the guard lets through, and those that it does not."""
    parted: dict[bool, list[str]] = {True: [], False: []}
    for method, path in addresses(page, "GET", "POST", "PUT", "PATCH", "DELETE"):
        let_in = any(door.fits(method, PART.sub("a", path)) for door in OPEN)
        parted[let_in].append(f"{method} {path}")
    return parted[True], parted[False]


# ---- how it is answered


@dataclass(slots=True)
class Report:
    """What came of the calls."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    log: str = ""
    memory: tuple[float, float] = (0.0, 0.0)  # MB before and after
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not self.faults and "Traceback" not in self.log

    def lines(self) -> Iterator[str]:
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        yield f"{sum(self.statuses.values()):,} calls in {self.seconds:.0f} s; answers {answers}"
        yield f"memory {self.memory[0]:.0f} MB before, {self.memory[1]:.0f} MB after"
        yield f"{len(self.faults)} faults, {self.log.count('Traceback')} tracebacks in the log"
        yield from self.faults[:20]
        yield self.log[-6_000:]


def send(client: httpx.Client, call: Call) -> tuple[int, str]:
    """The status and the beginning of the answer."""
    headers = {"Content-Type": call.kind} if call.kind else {}
    content = None if call.method == "GET" else call.content
    with client.stream(call.method, call.address, content=content, headers=headers) as answer:
        if answer.headers.get("content-type", "").startswith(("application/x-ndjson", "text/event-stream")):
            lines = answer.iter_lines()
            return answer.status_code, "\n".join(line for line, _ in zip(lines, range(LINES), strict=False))
        return answer.status_code, answer.read().decode("utf-8", "replace")


def ask(client: httpx.Client, call: Call) -> tuple[int, str]:
    """The same; of an endpoint what it came to."""
    status, text = send(client, call)
    if not call.endpoint or status != 200:
        return status, text
    return send(client, Call("GET", f"{call.address}/{json.loads(text)['event_id']}", b""))


def fault(call: Call, status: int, text: str) -> str:
    """What is wrong with an answer; "" for nothing."""
    what = f"{call.method} {call.address[:100]} {call.kind} {call.content[:1500]!r}"
    if status >= 500:
        return f"{status}: {what} → {text[:300]}"
    if "Traceback" in text or "event: error\ndata: null" in text or '"error": null' in text:
        return f"no sentence: {what} → {text[:300]}"
    if text.startswith('{"problem":') and not 10 < len(json.loads(text.splitlines()[0])["problem"]) < 1_000:
        return f"no sentence: {what} → {text[:300]}"
    return ""


@contextmanager
def serving(lab: Laboratory) -> Iterator[tuple[Page, StringIO]]:
    """A page that is served from this process, and what its log says."""
    with redirect_stderr(StringIO()) as log:
        page = build_lab(lab)
        page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(lab.registry))
        try:
            yield page, log  # type: ignore[misc]
        finally:
            page.close(verbose=False)
            lab.workers.close()


def fuzz(lab: Laboratory, calls: int, seed: int) -> Report:
    """Ask a page so often what nobody should ask."""
    report, started = Report(), time.monotonic()
    with serving(lab) as (page, log), httpx.Client(base_url=page.local_url or "", timeout=PATIENCE) as client:
        stranger = Stranger(page, names(lab, client), seed)
        for number in range(calls):
            if number == calls // WARM:
                report.memory = (memory(), 0.0)
            call = stranger.call()
            try:
                status, text = ask(client, call)
            except httpx.TransportError as error:
                status, text = BROKEN, repr(error)
            report.statuses[status] += 1
            report.faults += filter(None, [fault(call, status, text)])
        report.memory, report.log = (report.memory[0], memory()), log.getvalue()
    report.seconds = time.monotonic() - started
    return report


def names(lab: Laboratory, client: httpx.Client) -> dict[str, str]:
    """What the placeholders stand for: the first model, and a class that is opened."""
    room = client.post("/class/open", json={}).json()
    return {MODEL: lab.registry.first() or "", CODE: room["code"], KEY: room["key"]}


def memory() -> float:
    """MB that this process takes once free memory has gone back, as a server does twice a minute; 0 where the
    system does not say.
    """
    give_back()
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * 4096 / 1e6 if path.exists() else 0.0


def main() -> int:
    flags = argparse.ArgumentParser(description="Ask every address of a page what nobody should ask.")
    flags.add_argument("--calls", type=int, default=1_000)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--models", type=Path, default=default_root())
    options = flags.parse_args()
    report = fuzz(Laboratory(Registry(options.models), LIMITS), options.calls, options.seed)
    print("\n".join(report.lines()))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
