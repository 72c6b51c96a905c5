"""Blind ratings as files: the sheet that raters fill in, the key that stays behind, a sweep to take from."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textgen.errors import SettingError, TextError, shorten
from textgen.experiments.ratings.agreement import HIGHEST, LOWEST, Rating, check_once
from textgen.experiments.ratings.rating_set import QUESTIONS, Item, RatingSet, check_ratings
from textgen.experiments.sweep.records import CellKey

COLUMNS = ("item", "rater", "score")
SHEET = ("set", *COLUMNS, "prompt", "text")
KEY = ("set", "question", "item", "model", "prompt", "strategy", "temperature", "seed", *QUESTIONS, "text")
MAX_BYTES = 1_000_000  # of a file of ratings
MAX_RATINGS = 10_000
MAX_RATER = 60  # characters of a name

SEPARATORS = ",;\t"
SEPARATOR_LINE = re.compile(rf"\s*sep=([{SEPARATORS}])\r?\n", re.IGNORECASE)  # as Excel writes it
WHOLE = re.compile(r"[.,]0*$")  # what a spreadsheet adds to a whole number

Row = Mapping[str | None, Any]


def sheet_csv(of: RatingSet) -> str:
    """One row a text, to be filled in: nothing in it tells which setting wrote it."""
    return as_csv([SHEET, *([of.name, code, "", "", prompt, text] for code, prompt, text in of.sheet)])


def key_csv(of: RatingSet) -> str:
    """Which text is which."""
    rows = ([of.name, of.question, code, *item_cells(item)] for code, item in of.items.items())
    return as_csv([KEY, *rows])


def item_cells(item: Item) -> list[Any]:
    proxies = [item.proxies[name] for name in QUESTIONS]
    known = ["" if math.isnan(value) else value for value in proxies]
    return [*item.cell, "" if item.seed is None else item.seed, *known, item.text]


def as_csv(rows: Sequence[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def read_key(text: str) -> RatingSet:
    """What `key_csv` wrote. Raises TextError for anything else."""
    rows = list(rows_of(text, KEY, "a key"))
    if not rows:
        raise TextError("a key must name at least one text, got none; make it with: rate sheet")
    items = {str(row["item"]): item_of(row) for row in rows}
    first = rows[0]
    if len({row["set"] for row in rows}) > 1 or first["question"] not in QUESTIONS:
        raise TextError("a key must be of one set and question; make it with: rate sheet")
    return RatingSet(str(first["set"]), str(first["question"]), items)


def item_of(row: Row) -> Item:
    """A text of a row of a key, or of a sweep's JSON. Raises TextError for values that none can have."""
    try:
        temperature, seed = real(row["temperature"]), row.get("seed")
        cell = CellKey(str(row["model"]), str(row["prompt"]), str(row["strategy"]), temperature)
        proxies = {name: as_proxy(row.get(name)) for name in QUESTIONS}
        text = row["text"]
        if not isinstance(text, str) or not math.isfinite(temperature):
            raise ValueError(text)
        return Item(cell, None if seed in (None, "") else int(seed), text, proxies)
    except (KeyError, TypeError, ValueError) as error:
        raise TextError(
            "a text must have a model, prompt, strategy, temperature, seed and text, got "
            f"{shorten(dict(row))}; take the file that sweep --out or rate sheet wrote"
        ) from error


def as_proxy(value: Any) -> float:
    return math.nan if value in (None, "") else real(value)


def real(value: Any) -> float:
    """A number of JSON, or of a spreadsheet that may write a comma. Raises TypeError and ValueError."""
    return float(value.replace(",", ".") if isinstance(value, str) else value)


def items_from_json(data: Any) -> list[Item]:
    """The texts of what `sweep --out` wrote. Raises TextError."""
    texts = data.get("texts") if isinstance(data, dict) else None
    if not isinstance(texts, list) or not texts or not all(isinstance(text, dict) for text in texts):
        raise TextError(
            f"a sweep's file must hold its texts, got {shorten(data)}; take the file that sweep --out wrote"
        )
    metrics = [text.get("metrics") if isinstance(text.get("metrics"), dict) else {} for text in texts]
    return [item_of({**known, **text}) for known, text in zip(metrics, texts, strict=True)]


def read_scores(text: Any, of: RatingSet) -> list[Rating]:
    """A CSV of ratings of a set; a row without a score is a text that was not rated.

    Raises TextError for other columns, another set, a text that is not in it or rated twice by one, and
    SettingError for a score outside 1..5; the sentence names the row.
    """
    ratings = []
    for number, row in enumerate(rows_of(text, COLUMNS, "ratings"), 2):
        if (row["score"] or "").strip():
            ratings.append(rating_of(row, number, of))
    if not ratings:
        raise TextError("ratings must have at least one row with a score, got none; fill in the column score")
    if len(ratings) > MAX_RATINGS:
        raise TextError(f"ratings must be at most {MAX_RATINGS:,} rows, got {len(ratings):,}; split the file")
    check_once(ratings)
    return ratings


def rating_of(row: Row, number: int, of: RatingSet) -> Rating:
    """One row. Raises TextError and SettingError that name its number."""
    named = row.get("set") or of.name
    if named != of.name:
        raise TextError(
            f"row {number} belongs to the set {shorten(named)!r}, not to {of.name}; codes of another set "
            "stand for other texts"
        )
    try:
        item, score = (row["item"] or "").strip(), as_score(row["score"].strip())
        rating = Rating(item, check_rater(row["rater"]), score)
        check_ratings([rating], of)
    except SettingError as error:
        raise SettingError(f"row {number}: {error}") from error
    except TextError as error:
        raise TextError(f"row {number}: {error}") from error
    return rating


def as_score(cell: str) -> int:
    """A cell as a whole number, which spreadsheets also write as 4.0 or 4,0. Raises SettingError."""
    try:
        return int(WHOLE.sub("", cell))
    except ValueError:
        raise SettingError(
            f"a score must be a whole number from {LOWEST} to {HIGHEST}, got {shorten(cell)}; "
            "leave out what was not rated"
        ) from None


def check_rater(name: Any) -> str:
    """A rater's name. Raises TextError."""
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_RATER or not name.strip().isprintable():
        raise TextError(
            f"a rater's name must have 1 to {MAX_RATER} characters, got {shorten(name)!r}; any name will do"
        )
    return name.strip()


def rows_of(text: Any, columns: Sequence[str], what: str) -> Iterator[Row]:
    """The rows of a CSV that has these columns. Raises TextError."""
    if not isinstance(text, str):
        raise TextError(f"{what} must be a text, got {shorten(text)}; open or paste a CSV file")
    if len(text) > MAX_BYTES:
        raise TextError(f"{what} must be at most {MAX_BYTES:,} characters, got {len(text):,}; split the file")
    reader = spreadsheet(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if missing := [name for name in columns if name not in reader.fieldnames]:
            raise TextError(
                f"{what} must have the columns {', '.join(columns)}, got none named {missing[0]}; "
                "the first line names them, with commas, semicolons or tabs between"
            )
        yield from reader
    except csv.Error as error:
        raise TextError(f"{what} cannot be read as CSV ({error}); save it again as CSV, UTF-8") from error


def spreadsheet(text: str) -> csv.DictReader[str]:
    """A reader of what spreadsheets save: between columns stands what is most frequent in the first line."""
    marked = SEPARATOR_LINE.match(text)
    text = text[marked.end() :] if marked else text
    head = text.partition("\n")[0]
    between = marked[1] if marked else max(SEPARATORS, key=head.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
