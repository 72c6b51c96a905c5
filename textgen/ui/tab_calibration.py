"""The Calibration part of the Experiments tab."""

from __future__ import annotations

from textgen.ui.components import LabComponent
from textgen.ui.laboratory import Laboratory


class CalibrationTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.view = LabComponent("calibration", {}, ())

    def connect(self) -> None:
        """Wire the component's events."""
