"""The limits of the server: flags of `app.py`, checked before it starts."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from textgen.errors import SettingError
from textgen.ui.frame.main import main, parser
from textgen.ui.server.limits import Limits, limits_from


def test_the_defaults_are_those_of_the_record() -> None:
    assert limits_from(parser().parse_args([])) == Limits()


def test_every_limit_has_a_flag() -> None:
    flags = ["--max-sweep-tokens", "7", "--max-sweeps", "1", "--max-chaos-tokens", "9"]
    flags += ["--max-scored-characters", "11", "--max-result-tokens", "13", "--max-visitor-running", "2"]
    flags += ["--max-visitor-waiting", "3", "--max-visitor-tokens", "5"]
    chosen = limits_from(parser().parse_args(flags))
    assert asdict(chosen) == {
        "sweep_tokens": 7,
        "sweeps": 1,
        "chaos_tokens": 9,
        "scored_characters": 11,
        "result_tokens": 13,
        "visitor_running": 2,
        "visitor_waiting": 3,
        "visitor_tokens": 5,
    }


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "9" * 40, "٣x", ""])
def test_nonsense_ends_before_the_server_starts(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--max-sweeps={value}"]) == 2
    assert "--max-sweeps must be" in capsys.readouterr().err


def test_a_limit_is_a_whole_number() -> None:
    with pytest.raises(SettingError, match="--max-sweep-tokens"):
        Limits(sweep_tokens=True)
