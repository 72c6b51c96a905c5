"""The Learn tab: lessons that ask for a prediction, compute the answer, and ask why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.lessons import Lesson, Question, lesson, lessons, routes
from textgen.lessons.reveal import DRAGGED, fact_kinds, order_of, panel, revealed
from textgen.models.registry import Stamp, stamp_of
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.sidebar import ignoring

if TYPE_CHECKING:  # what computes brings torch in: with the first lesson that is opened
    from textgen.lessons.measures import Case

IGNORES: Mapping[str, str] = ignoring("A lesson brings its own model, text and settings along.", but=())


class Learn:
    """Answers the tab's questions; each takes what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.cases: dict[tuple[str, str, Stamp | None], Case] = {}  # computed once for a class

    def open(self, data: dict[str, Any]) -> dict[str, Any]:
        """What a lesson looks at, before any answer."""
        case = self.case(data)
        return {"panel": None if case.lesson.table else panel(case, case.before)}

    def answer(self, data: dict[str, Any]) -> dict[str, Any]:
        """The measured answer to one of a lesson's questions, beside the one that was given."""
        from textgen.lessons.measures import measured

        case, one = self.case(data), lesson(data.get("lesson"))
        last = data.get("question") == "explain"
        question = one.explain if last else one.predict
        given = question.check(data.get("answer"), DRAGGED)
        value = measured(case, question.measure, question.after)
        found = {"value": value, **judged(question, given, value, case)}
        return found if last else {**found, **revealed(case)}

    def handout(self, data: dict[str, Any]) -> dict[str, Any]:
        """A lesson on paper: exact probabilities, dice, and the key to its questions."""
        from textgen.lessons.handout import sheet

        case = self.case(data)
        paper = None if case.lesson.table else sheet(case.expectation)
        return {"sheet": paper, "key": [key(case, case.lesson.predict), key(case, case.lesson.explain)]}

    def case(self, data: Mapping[str, Any]) -> Case:
        """The lesson asked for, on the model asked for. Raises SettingError and ModelError."""
        from textgen.lessons.measures import Case

        one = lesson(data.get("lesson"))
        name = ""
        if one.models:
            name = data.get("model") or one.models[0]
            one.source(name)  # raises for another model
        stamp = stamp_of(self.lab.registry.folder(name)) if name else None
        at = (one.name, name, stamp)
        if at not in self.cases:
            self.cases = {known: case for known, case in self.cases.items() if known[:2] != at[:2]}
            self.cases[at] = Case(one, name, self.lab.registry)
        return self.cases[at]


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    tab = Learn(lab)
    config = {
        "lessons": [facts(one) for one in lessons().values()],
        "routes": {str(minutes): list(names) for minutes, names in routes().items()},
        "dragged": DRAGGED,
    }
    LabComponent("learn", config, answers={"open": tab.open, "answer": tab.answer, "handout": tab.handout})


def facts(one: Lesson) -> dict[str, Any]:
    """What the page knows of a lesson before it is opened: no answer is in it."""
    return {
        "name": one.name,
        "minutes": one.minutes,
        "models": list(one.models),
        "context": one.context,
        "numbers": one.numbers,
        "table": one.table,
        "predict": asked(one.predict),
        "explain": asked(one.explain),
        "facts": fact_kinds(one),
        "shows": one.shows,
        "play": dict(one.play),
        "temperature": one.after.temperature,
    }


def asked(question: Question) -> dict[str, Any]:
    options = list(question.options)
    ends = {"lowest": question.lowest, "highest": question.highest}
    return {"kind": question.kind, "options": options, **ends}


def judged(question: Question, given: Any, value: float, case: Case) -> dict[str, Any]:
    """How near an answer is to the measured one."""
    if question.kind == "choice":
        (right,) = question.right(value) or ("",)
        return {"right": right, "correct": given == right}
    if question.kind == "number":
        return {"distance": abs(given - value)}
    truth = case.after.probabilities[order_of(case)[:DRAGGED]]
    shares = np.array(given) / max(1.0, sum(given))
    rest = abs((1 - shares.sum()) - (1 - truth.sum()))
    return {"distance": float((np.abs(shares - truth).sum() + rest) / 2)}


def key(case: Case, question: Question) -> dict[str, Any]:
    """The answer to print behind a worksheet."""
    from textgen.lessons.measures import measured

    value = measured(case, question.measure, question.after)
    return {"value": value, "right": next(iter(question.right(value)), "")}
