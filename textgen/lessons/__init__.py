"""Lessons on temperature: each asks for a prediction, computes the answer live, and asks why.

A lesson is one JSON file here; its words are in the page's catalogues (`ui/words/`), under `learn.NAME.…`. No
answer is written down: it is a named measure (`measures.py`) of the lesson's state, and an option is a range
of values. So the same lesson holds for other models, and a test finds the models for which it does not.
"""

from __future__ import annotations

from textgen.lessons.lesson import SHARES, Lesson, Question, lesson, lessons, routes

__all__ = ["SHARES", "Lesson", "Question", "lesson", "lessons", "routes"]
