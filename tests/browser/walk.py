"""A walk through all views of the page: how each is opened, with something in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser.conftest import LabPage

EXPERIMENTS = ("Sweep", "Chaos", "Calibration", "Blind ratings")


def nothing(lab: LabPage) -> None:
    """The view fills itself."""


def take_lesson(lab: LabPage) -> None:
    """As far as the reveal."""
    room = lab.view("learn")
    room.get_by_role("button", name="Which way does the knob turn?").click()
    room.get_by_role("radio").first.check()
    room.get_by_role("button", name="Commit").click()


def own_numbers(lab: LabPage) -> None:
    lab.choose_model("Your own numbers")
    expect(lab.view("next_token").locator(".bar")).not_to_have_count(0)


def write(lab: LabPage) -> None:
    lab.page.get_by_label("Length in tokens").fill("60")
    lab.view("generate").get_by_role("button", name="Write", exact=True).click()
    expect(lab.view("generate").locator(".status")).to_contain_text("Done")


def sweep(lab: LabPage) -> None:
    lab.page.get_by_role("textbox", name="Temperatures", exact=True).fill("0,5; 1")
    lab.page.get_by_label("Tokens of a text").fill("20")
    lab.view("sweep").get_by_role("button", name="Run", exact=True).click()


def overview(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="Overview").click()
    lab.view("chaos").locator(".shared").first.wait_for()


def open_bring(lab: LabPage) -> None:
    lab.view("own").locator("summary").click()


def choose_train(lab: LabPage) -> None:
    lab.view("train").get_by_role("button", name="Train your own").click()


def begin_rating(lab: LabPage) -> None:
    """After a sweep on the same page there are texts to rate."""
    room = lab.view("ratings")
    if room.get_by_label("Your name").count() == 0:
        return
    room.get_by_label("Your name").fill("Ada")
    room.get_by_role("button", name="Begin", exact=True).click()
    room.locator(".ratings-text").wait_for()


def ask_the_class(lab: LabPage) -> None:
    room = lab.view("classroom")
    lab.press_if_there(room.get_by_role("button", name="Open a session"))
    room.get_by_role("button", name="Ask", exact=True).click()
    room.get_by_role("button", name="Reveal").click()


@dataclass(frozen=True)
class View:
    """What is seen at once: a tab, the room in it, what is drawn there at last, how it gets there."""

    tab: str
    room: str
    drawn: str = ""
    prepare: Callable[[LabPage], None] = nothing


VIEWS: Mapping[str, View] = {
    "Learn": View("Learn", "learn", ".learn-card"),
    "A lesson": View("Learn", "learn", ".learn-verdict", take_lesson),
    "Next token": View("Next token", "next_token", ".panel .bar"),
    "Your own numbers": View("Next token", "next_token", ".panel .bar", own_numbers),
    "Generate": View("Generate", "generate", ".pane", write),
    "Draws": View("Draws", "draws", ".draws-distance .main-svg"),
    "Beam search": View("Beam search", "beam", ".beam-tree .beam-text"),
    "Sweep": View("Sweep", "sweep", ".main-svg", sweep),
    "Chaos": View("Chaos", "chaos", ".chaos-parts .main-svg", overview),
    "Calibration": View("Calibration", "calibration", ".calibration-plot .main-svg"),
    "Blind ratings": View("Blind ratings", "ratings", ".card", begin_rating),
    "Class": View("Class", "classroom", ".class-panels .bar", ask_the_class),
    "Model": View("Model", "model", ".main-svg"),
    "Bring a model": View("Model", "own", "input", open_bring),
    "Train": View("Model", "train", "textarea", choose_train),
}


def open_view(lab: LabPage, name: str) -> None:
    """Open a view in a wide window, and wait for what it draws."""
    view = VIEWS[name]
    lab.resize(1280, 720)
    fold(lab, closed=False)
    lab.set_sidebar()
    if view.tab in EXPERIMENTS:
        lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name=view.tab, exact=True).click()
    lab.view(view.room).locator(":scope > :visible").first.wait_for()
    view.prepare(lab)
    if view.drawn:
        lab.view(view.room).locator(view.drawn).first.wait_for()


def fold(lab: LabPage, closed: bool) -> None:
    """Fold the sidebar, or unfold it."""
    lab.press_if_there(lab.page.locator(f"#sidebar .toggle-button[aria-expanded={str(closed).lower()}]"))
