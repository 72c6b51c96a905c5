"""A server behind a proxy: paths that are taken away or left on, and the names that it answers to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from textgen.errors import SettingError
from textgen.ui.frame.page import first_parts
from textgen.ui.service.guard import OPEN
from textgen.ui.service.proxies import TrustedHosts, UnderPath, check_hosts, check_root_path, reach_of


def app(*middleware: Middleware) -> TestClient:
    """What tells the address that it was asked for."""

    async def address(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    return TestClient(Starlette(routes=[Route("/{rest:path}", address)], middleware=[*middleware]))


@pytest.mark.parametrize("root", ["/lab", "/tl", "/a/lab", "/assets", "/gradio_api"])
@pytest.mark.parametrize("path", ["/", "/lab/version", "/lab/0a/shell/dom.js", "/gradio_api/call/draw"])
def test_both_kinds_of_proxy_ask_for_the_same(root: str, path: str) -> None:
    """Also where the path is how an address of ours begins."""
    client = app(Middleware(UnderPath, root=root, known=first_parts(OPEN)))
    assert client.get(path).text == path
    assert client.get(root + path).text == path


def test_the_path_alone_leads_to_its_folder() -> None:
    client = app(Middleware(UnderPath, root="/tl", known={"", "lab"}))
    answer = client.get("/tl?tab=draws", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/tl/?tab=draws")
    assert client.get("/tlx/lab").text == "/tlx/lab"


def test_a_path_is_read_or_refused_with_a_sentence() -> None:
    assert [check_root_path(text) for text in ("", "/", "/lab/", "/a/b.c")] == ["", "", "/lab", "/a/b.c"]
    for text in ("lab", "/a b", "/a//b", "https://lab.example.org", "/../x?"):
        with pytest.raises(SettingError, match="root-path must be a path such as /lab, got"):
            check_root_path(text)


def test_only_its_own_names_are_answered_to() -> None:
    client = app(Middleware(TrustedHosts, names=check_hosts("Lab.example.org, *.school.example,[::1]")))
    named = {"lab.example.org": 200, "LAB.EXAMPLE.ORG:8000": 200, "a.school.example": 200, "[::1]:7860": 200}
    for name, status in {**named, "school.example": 421, "evil.example": 421, "": 421}.items():
        assert client.get("/", headers={"Host": name}).status_code == status, name
    for text in ("", ",", "a b", "https://lab.example.org", "*example.org"):
        with pytest.raises(SettingError, match="trusted-hosts must be names"):
            check_hosts(text)


def test_where_other_devices_find_the_server_is_known_or_nothing() -> None:
    assert [reach_of(host) for host in ("127.0.0.1", "localhost", "::1", "127.0.1.1")] == [""] * 4
    assert reach_of("192.168.1.5") == "192.168.1.5"
    everywhere = reach_of("0.0.0.0")
    assert not everywhere or not ip_address(everywhere).is_loopback
