"""The limits of the server: flags of `app.py`, checked before it starts."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from textgen.errors import SettingError
from textgen.ui.frame.main import main, parser
from textgen.ui.server.limits import Limits, limits_from


def test_the_defaults_are_those_of_the_record() -> None:
    assert limits_from(parser().parse_args([])) == Limits()


def test_every_limit_has_a_flag() -> None:
    wanted = {known.name: number for number, known in enumerate(fields(Limits), 3)}
    flags = [f"--max-{name.replace('_', '-')}={number}" for name, number in wanted.items()]
    assert "--max-sweep-tokens=3" in flags
    assert asdict(limits_from(parser().parse_args(flags))) == wanted


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "9" * 40, "٣x", ""])
def test_nonsense_ends_before_the_server_starts(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--max-sweeps={value}"]) == 2
    assert "--max-sweeps must be" in capsys.readouterr().err


def test_a_limit_is_a_whole_number() -> None:
    with pytest.raises(SettingError, match="--max-sweep-tokens"):
        Limits(sweep_tokens=True)
