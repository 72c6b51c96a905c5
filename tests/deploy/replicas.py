"""Three servers behind nginx, with Redis: what compose.yaml starts, as plain processes of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import httpx
import pytest

from textgen.ui.service.store import StoreAwayError, open_store

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PATH = "/lab"
HASH = "hash $lab_visitor consistent;"
NEEDED = ("nginx", "redis-server")
PATIENCE = 120.0  # seconds

MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lab.conf;
}}
"""


@dataclass
class Replicas:
    """The processes, and where they are."""

    servers: list[subprocess.Popen[bytes]]
    ports: list[int]
    url: str  # of nginx
    folder: Path

    def server(self, number: int) -> str:
        """The address of a server itself."""
        return f"http://127.0.0.1:{self.ports[number]}"

    def texts(self, number: int) -> float:
        """How many texts a server has written."""
        page = httpx.get(f"{self.server(number)}/metrics").text
        counted = (line.split() for line in page.splitlines() if line.startswith("lab_requests_total"))
        return sum(float(count) for name, count in counted if 'kind="text"' in name)


def skip_where_not_installed() -> None:
    """`make test-deploy` installs nothing."""
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        packages = " ".join(NEEDED)
        pytest.skip(f"{' and '.join(missing)} not installed; on Debian: sudo apt install {packages}")


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process, which is ended however this ends."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def replicas(models: Path, folder: Path) -> Iterator[Replicas]:
    """Redis, three servers and nginx, ready."""
    redis, *ports = (free_port() for _ in range(4))
    command = [sys.executable, "app.py", "--models", str(models), "--root-path", PATH, "--metrics"]
    command += ["--store", f"redis://127.0.0.1:{redis}/0"]
    with ExitStack() as stack:
        place = ["--port", str(redis), "--bind", "127.0.0.1", "--dir", str(folder)]
        stack.enter_context(running(["redis-server", str(DEPLOY / "redis.conf"), *place]))
        wait_for_store(f"redis://127.0.0.1:{redis}/0")
        servers = [stack.enter_context(running([*command, "--port", str(port)])) for port in ports]
        for port in ports:
            wait_for(f"http://127.0.0.1:{port}/readyz")
        url = stack.enter_context(nginx(ports, folder / "nginx"))
        yield Replicas(servers, ports, url, folder)


@contextmanager
def nginx(ports: list[int], folder: Path, sticky: bool = True) -> Iterator[str]:
    """nginx with the project's own file, but for `sticky`; its address."""
    port = free_port()
    folder.mkdir()
    values = {f"LAB_SERVER_{number}": f"127.0.0.1:{port}" for number, port in enumerate(ports, 1)}
    values |= {"LAB_LISTEN": f"127.0.0.1:{port}", "LAB_PATH": PATH, "LAB_CACHE": str(folder / "cache")}
    text = Template((DEPLOY / "nginx.conf.template").read_text()).safe_substitute(values)
    (folder / "lab.conf").write_text(text if sticky else text.replace(HASH, ""))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command)
    try:
        wait_for(f"http://127.0.0.1:{port}{PATH}/lab/version")
        yield f"http://127.0.0.1:{port}{PATH}"
    finally:
        process.send_signal(signal.SIGTERM)  # it ends its own processes then
        process.wait()


def wait_for(address: str) -> None:
    """Until a server answers with 200."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(address, timeout=PATIENCE).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(address)


def wait_for_store(address: str) -> None:
    store = open_store(address)
    while True:
        try:
            return store.check()
        except StoreAwayError:
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
