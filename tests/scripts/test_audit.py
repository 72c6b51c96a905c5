"""Looking up known weaknesses: never offline; once a day beside the tests, which it does not fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import audit


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float | None]:
    """The patience of each look, whose outcome is the status that stands in `status`."""
    looks: list[float | None] = []

    def look(_lists: object, patience: float | None) -> int:
        looks.append(patience)
        return int((tmp_path / "status").read_text())

    monkeypatch.setattr(audit, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(audit, "audit", look)
    monkeypatch.setattr(audit, "reachable", lambda: True)
    (tmp_path / "status").write_text("0")
    return looks


def test_beside_the_tests_once_a_day(asked: list[float | None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["audit", "--daily"])
    assert [audit.main(), audit.main()] == [0, 0]
    assert asked == [audit.PATIENCE]
    monkeypatch.setattr("sys.argv", ["audit"])
    assert audit.main() == 0
    assert asked == [audit.PATIENCE, None]


def test_what_is_found_fails_make_audit_alone(
    asked: list[float | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "status").write_text("1")
    monkeypatch.setattr("sys.argv", ["audit", "--daily"])
    assert [audit.main(), audit.main()] == [0, 0]
    assert len(asked) == 2, "it is told again until it is mended"
    monkeypatch.setattr("sys.argv", ["audit"])
    assert audit.main() == 1


def test_without_a_network_it_says_so(
    asked: list[float | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "reachable", lambda: False)
    monkeypatch.setattr("sys.argv", ["audit"])
    assert audit.main() == 0
    assert asked == []
    assert "skipped" in capsys.readouterr().err
