"""Options and settings files → settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import COIN, Command, assert_complaint
from textgen.settings import DecodeSettings
from textgen.stages import PARAMETERS, TEMPERATURE_LAST


def test_every_setting_has_its_option(textgen: Command) -> None:
    values = {
        "top_k": 2,
        "top_p": 0.9,
        "min_p": 0.01,
        "typical": 0.9,
        "epsilon": 0.001,
        "eta": 0.001,
        "top_n_sigma": 3.0,
        "xtc": 0.4,
        "mirostat": 4.0,
        "mirostat_eta": 0.2,
        "dynamic_temperature": 0.5,
        "dynamic_exponent": 2.0,
        "smoothing": 0.3,
        "smoothing_curve": 2.0,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "min_length": 4,
        "logit_bias": "#0: -2, #1: 3",
        "repetition_penalty": 1.1,
        "no_repeat_ngram": 3,
    }
    assert {*values, "temperature"} == set(PARAMETERS)
    flags = [part for name, value in values.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    settings = textgen("next", *COIN, *flags, "-t", "0.7", "--json").json["panels"][0]["settings"]
    assert DecodeSettings.from_dict(settings) == DecodeSettings(temperature=0.7, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["temperature last", "temperature-last", ",".join(TEMPERATURE_LAST)])
def test_order(textgen: Command, order: str) -> None:
    settings = textgen("next", *COIN, "--order", order, "--json").json["panels"][0]["settings"]
    assert tuple(settings["order"]) == TEMPERATURE_LAST


def test_a_file_of_the_page_with_options_over_it(textgen: Command, tmp_path: Path) -> None:
    exported = DecodeSettings(temperature=0.3, top_k=1, top_p=0.5, order=TEMPERATURE_LAST)
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(exported.to_dict()))
    panel = textgen("next", *COIN, "--settings", str(file), "--top-k", "0", "--json").json["panels"][0]
    assert DecodeSettings.from_dict(panel["settings"]) == DecodeSettings(
        temperature=0.3, top_p=0.5, order=TEMPERATURE_LAST
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"temprature": 1}', "unknown setting temprature"),
        ('{"top_p": NaN}', "top_p must be in (0, 1], got nan"),
        ('{"top_p": "0.5"}', "top_p must be"),
        ("[1]", "must be a JSON object, got [1]"),
        ("{", "s.json could not be read: line 1, column 2 is not JSON"),
        ("[" * 100_000, "its objects and lists must be at most 32 deep"),
        ("\xff", "byte 1 is not UTF-8"),
        (" " * 1_000_001, "s.json must be at most 1,000,000 bytes"),
    ],
)
def test_files_that_hold_no_settings(textgen: Command, tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "s.json").write_bytes(content.encode("latin-1"))
    assert_complaint(textgen("next", *COIN, "--settings", str(tmp_path / "s.json")), sentence)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_any_line_end(
    textgen: Command, tmp_path: Path, encoding: str, end: str
) -> None:
    (tmp_path / "s.json").write_bytes(f'{{{end}"top_k": 1{end}}}{end}'.encode(encoding))
    panel = textgen("next", *COIN, "--settings", str(tmp_path / "s.json"), "--json").json["panels"][0]
    assert panel["settings"]["top_k"] == 1


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_an_endless_file_is_refused(textgen: Command) -> None:
    assert_complaint(textgen("next", *COIN, "--settings", "/dev/zero"), "must be at most 1,000,000 bytes")


def test_a_missing_file(textgen: Command) -> None:
    assert_complaint(textgen("next", *COIN, "--settings", "no.json"), "No such file")
