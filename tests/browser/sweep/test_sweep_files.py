"""Files of a sweep, saved from the page."""

from __future__ import annotations

import json
import struct
import zipfile

from tests.browser.conftest import LabPage
from tests.browser.sweep_page import FIRST_TITLE, button, swept
from textgen import receipts
from textgen.models.registry import Registry


def test_the_report_holds_charts_tables_and_a_receipt_that_repeats(tab: LabPage, models: Registry) -> None:
    swept(tab, temperatures="1, 2", length=30)
    with tab.page.expect_download() as found:
        button(tab, "Report").click()
    with zipfile.ZipFile(found.value.path()) as archive:
        files = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    drawn = [name for name in files if name.startswith("charts/")]
    assert "charts/surprise.svg" in drawn
    assert "charts/surprise_elsewhere.svg" not in drawn  # there was no judge
    for name in drawn:
        assert f"]({name})" in files["report.md"]
        assert ">top-p 0.9</text>" in files[name]  # the legend
    assert receipts.replay(receipts.read(files["receipt.json"]), models).identical


def test_pictures_and_numbers_are_saved(tab: LabPage, models: Registry) -> None:
    swept(tab, temperatures="1, 2", length=30)
    svg = tab.saved("sweep", "SVG").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Coherence (proxy)" in svg
    png = tab.saved("sweep", "PNG").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (2 * 1380, 2 * 980)  # three charts in a row, at twice the size
    assert FIRST_TITLE in svg
    assert "after “The␣king␣is␣d”" in svg
    assert len(tab.saved("sweep", "CSV").read_text(encoding="utf-8").splitlines()) == 11
    assert "seed" in tab.saved("sweep", "Texts (CSV)").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(tab.saved("sweep", "JSON").read_text(encoding="utf-8"))["complete"]
