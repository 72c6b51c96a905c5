"""A link's commands in a terminal ask for what the link shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command
from textgen.errors import SettingError
from textgen.link import read_link
from textgen.models.registry import Registry
from textgen.receipts.terminal import commands, terminal_code

STAGES = (
    "top_k=5&top_p=0.9&repetition_penalty=1.2&presence_penalty=-0.5&logit_bias=%7B%22a%22:-2,%22%23%22:null%7D"
    "&order=top_p,temperature"
)
LINKS = (
    "tab=next&context=Tab+cab&temperature=0.123456789",
    f"tab=next&context=-&temperatures=0,3&{STAGES}".replace(",%22%23%22:null", ""),
    "tab=next&numbers=-1,+2&numbers_kind=logits&temperature=2",
    "tab=draws&context=Tab&temperature=0.7&temperatures=0.5,slider&n=10&drawn=30&drawn_seed=12&top_k=2",
    "tab=generate&context=Tab&seed=9223372036854775807&length=5&text=sampling&text=sampling,temperature:0.3",
    "tab=beam&context=Tab&width=2&length=4&length_penalty=-0.5&early_stopping=never&stop=line&sampling=true&seed=3",
    "tab=sweep&prompts=Tab&prompts=&temperatures=0.5,+1:2:0.5&strategies=plain,the+sidebar%27s+settings&top_k=3"
    "&seeds=2&first_seed=100&length=4",
    "tab=chaos&context=Tab&seed=3&low=0.8&high=0.9&rows=3&length=6&min_p=0.1",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_links_command_asks_for_the_same(
    link: str, textgen: Command, registry: Registry, tmp_path: Path
) -> None:
    read = read_link(f"#v=1&model=tiny&{link}" if "numbers=" not in link else f"#v=1&{link}")
    assert read.problems == ()
    request = read.request(registry)
    (command,) = commands(request, registry.get("tiny").labels)
    run = textgen(*command, "--receipt", str(tmp_path / "receipt.json"))
    assert run.code == 0, run.err
    asked = json.loads((tmp_path / "receipt.json").read_text(encoding="utf-8"))["request"]
    wanted = json.loads(json.dumps(request.to_json()))
    if request.kind == "draws":  # has temperatures of its own
        asked["settings"]["temperature"] = wanted["settings"]["temperature"]
    assert asked == wanted


def test_open_runs_what_a_link_shows(textgen: Command) -> None:
    link = "http://127.0.0.1:7860/?embed=1#v=1&tab=next&model=tiny&context=Tab&temperature=0.5&top_q=3"
    opened = textgen("open", link)
    line, *printed = opened.out.splitlines()
    assert line == "python -m textgen next --model tiny --prompt Tab -t 0.5 -t 0.5 -t 1 -t 2"
    assert printed == textgen(*line.split()[3:]).out.splitlines()
    assert "has no top_q" in opened.err
    assert textgen("open", "--show", link).out.splitlines() == [line]
    assert textgen("open", "#v=1&tab=model").code == 2


def test_texts_of_several_strategies_are_a_command_each(registry: Registry) -> None:
    link = read_link("#v=1&tab=generate&model=tiny&text=beam,width:2&text=sampling&text=greedy&length=9")
    lines = terminal_code(link.request(registry)).splitlines()
    assert [line.split()[3] for line in lines] == ["beam", "sample"]
    assert "-t 1 -t 0" in lines[1]


@pytest.mark.parametrize("tab", ["model", "ratings", "calibration", "class"])
def test_a_tab_without_a_result_says_so(tab: str, registry: Registry) -> None:
    with pytest.raises(SettingError, match="shows no result of its own"):
        read_link(f"#v=1&tab={tab}").request(registry)


def test_what_no_command_does_is_said(registry: Registry) -> None:
    table = read_link("#v=1&tab=beam&numbers=1&table=:+a+0.6,+b+0.4").request(registry)
    with pytest.raises(SettingError, match="take the Python code"):
        terminal_code(table)
