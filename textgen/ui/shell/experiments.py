"""The Experiments tab: its parts, each a tab of its own."""

from __future__ import annotations

import gradio as gr

from textgen.ui.calibration.tab import CalibrationTab
from textgen.ui.chaos.tab import ChaosTab
from textgen.ui.ratings.tab import RatingsTab
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.sweep.tab import SweepTab


class ExperimentsTab:
    """Builds the parts."""

    def __init__(self, lab: Laboratory) -> None:
        with gr.Tabs(elem_id="experiments"):
            with gr.Tab("Sweep", id="sweep"):
                self.sweep = SweepTab(lab)
            with gr.Tab("Chaos", id="chaos"):
                self.chaos = ChaosTab(lab)
            with gr.Tab("Calibration", id="calibration"):
                self.calibration = CalibrationTab(lab)
            with gr.Tab("Blind ratings", id="ratings"):
                self.ratings = RatingsTab(lab)

    def connect(self) -> None:
        """Wire the events of all parts."""
        for part in (self.sweep, self.chaos, self.calibration, self.ratings):
            part.connect()
