"""calibration.csv: written and read again, and what is taken of a stranger's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textgen.models.calibration import COLUMNS, FILE, TEMPERATURES, CalibrationCurve, read_calibration
from textgen.models.registry import SHIPPED, Registry


def test_what_is_written_is_read(tmp_path: Path) -> None:
    curve = CalibrationCurve(np.array([0.5, 1, 2]), np.log([9.5, 3, 12]), "all", 32, 1200, "0123456789abcdef")
    (tmp_path / FILE).write_text(curve.to_csv(), encoding="utf-8")
    assert curve.to_csv().splitlines()[:2] == [",".join(COLUMNS), "0.5,2.251292,9.5,all,32,1200,0123456789ab"]
    again = read_calibration(tmp_path)
    assert again is not None
    np.testing.assert_allclose((again.temperatures, again.nats), (curve.temperatures, curve.nats), atol=1e-6)
    assert (again.part, again.window, again.targets, again.corpus) == ("all", 32, 1200, "0123456789ab")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"temperature,nats\n",
        b"temperature,nats\n1,2\n",
        b"T,loss\n1,2\n2,3\n",
        b"temperature,nats\n1,nan\n2,inf\n0,1\n-1,1\n",
        b"\x00\xff\xfe" * 100,
        b'temperature,nats\n"' + b"x" * 200_000 + b'",1\n',
        b"x" * 600_000,
    ],
)
def test_a_file_that_is_no_curve_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read_calibration(tmp_path) is None


def test_of_a_strange_file_what_is_good_is_taken_in_order(tmp_path: Path) -> None:
    lines = "temperature,nats,window\n2,1.5,1e9,more,cells\nx,1\n0.5,3\n1,<b>\n1,1\n"
    (tmp_path / FILE).write_text(lines, encoding="utf-8")
    found = read_calibration(tmp_path)
    assert found is not None
    assert found.temperatures.tolist() == [0.5, 1, 2]
    assert found.nats.tolist() == [3, 1, 1.5]
    assert (found.window, found.targets) == (None, None)


def test_shipped_models_have_curves() -> None:
    shipped = Registry(SHIPPED)
    for name in shipped.names():
        found = read_calibration(shipped.folder(name))
        assert found is not None
        assert len(found.nats) == len(TEMPERATURES)
        assert found.targets is not None
