"""What compose.yaml names is there: flags of app.py, files, services, and what nginx's template asks for."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from textgen.ui.frame.main import parser

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]


def test_its_servers_take_their_flags() -> None:
    servers = [service for service in SERVICES.values() if service.get("image") == "temperature-lab"]
    assert len(servers) == 3
    for server in servers:
        options = parser().parse_args(server["command"])
        stopped = int(server["stop_grace_period"].removesuffix("s"))
        assert stopped > float(options.grace)
        assert options.root_path == SERVICES["nginx"]["environment"]["LAB_PATH"]


def test_what_it_names_is_there() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        for volume in service.get("volumes", ()):
            assert (DEPLOY / volume.split(":")[0]).is_file()
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    template = (DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(LAB_\w+)\}", template)) == set(SERVICES["nginx"]["environment"])
