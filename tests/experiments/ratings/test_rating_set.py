"""Which texts are rated, under which codes, and what came of it."""

from __future__ import annotations

import csv
import io
import math
import re

import pytest

from textgen.errors import SettingError, TextError
from textgen.experiments.ratings.agreement import Rating, agreement, agreement_sentences
from textgen.experiments.ratings.files import (
    items_from_json,
    key_csv,
    read_key,
    read_scores,
    sheet_csv,
)
from textgen.experiments.ratings.rating_set import (
    Item,
    RatingSet,
    cells_of,
    rating_set,
    usual_cells,
    verdicts,
)
from textgen.experiments.sweep.records import CellKey


def cell(temperature: float, strategy: str = "plain", model: str = "m") -> CellKey:
    return CellKey(model, "ROMEO:", strategy, temperature)


def item(of: CellKey, seed: int | None) -> Item:
    return Item(
        of,
        seed,
        f"\n{of.strategy}, at {of.temperature}, “{seed}”",
        {"coherence": 0.5, "creativity": math.nan},
    )


def items(seeds: int = 4) -> list[Item]:
    drawn = [item(cell(t), seed) for seed in range(seeds) for t in (0.5, 1.0, 2.0)]
    return [item(cell(0.0, "greedy"), None), *drawn]


def made(seed: int = 1, each: int = 2, question: str = "coherence") -> RatingSet:
    return rating_set(items(), [cell(0.5), cell(2.0), cell(0.0, "greedy")], each, question, seed)


def code_of(found: RatingSet, of: CellKey, seed: int | None) -> str:
    return next(code for code, one in found.items.items() if (one.cell, one.seed) == (of, seed))


def test_a_set_has_the_first_seeds_of_each_cell_and_greedy_once() -> None:
    found = made()
    assert {(one.cell, one.seed) for one in found.items.values()} == {
        (cell(0.5), 0),
        (cell(0.5), 1),
        (cell(2.0), 0),
        (cell(2.0), 1),
        (cell(0.0, "greedy"), None),
    }
    assert list(found.items) == ["T1", "T2", "T3", "T4", "T5"]


def test_the_same_selection_is_the_same_set_wherever_it_is_made() -> None:
    first = made()
    turned = rating_set(items()[::-1], [cell(0.0, "greedy"), cell(2.0), cell(0.5)], 2, "coherence", 1)
    assert turned == first
    assert list(made(seed=2).items.values()) != list(first.items.values())
    others = {made(seed=2).name, made(each=1).name, made(question="creativity").name}
    assert len(others | {first.name}) == 4


def test_the_sheet_tells_nothing_but_prompt_and_text() -> None:
    for code, prompt, text in made().sheet:
        assert (prompt, text) == ("ROMEO:", made().items[code].text)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"chosen": [cell(7.0)]}, "no text of plain at T = 7"),
        ({"chosen": []}, "a set must have 2 to 60 texts, got 0"),
        ({"chosen": [cell(0.0, "greedy")]}, "got 1"),
        ({"each": 0}, "texts of each setting must be a whole number from 1 to 20, got 0"),
        ({"each": math.nan}, "got nan"),
        ({"question": "beauty"}, "one of coherence, creativity, got beauty"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_a_set(change: dict[str, object], sentence: str) -> None:
    usual = {"chosen": [cell(0.5), cell(2.0)], "each": 2, "question": "coherence", "seed": 1}
    with pytest.raises(SettingError, match=sentence):
        rating_set(items(), **{**usual, **change})  # type: ignore[arg-type]


def test_too_many_texts() -> None:
    with pytest.raises(SettingError, match="2 to 60 texts, got 80"):
        rating_set(
            items(20) + [item(cell(3.0), s) for s in range(20)],
            list(cells_of([*items(1), item(cell(3.0), 0)]))[1:],
            20,
            "coherence",
            1,
        )


def test_the_usual_cells_span_the_plain_temperatures() -> None:
    cells = [cell(t, s) for s in ("top-k", "plain") for t in (0.1, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0)]
    assert usual_cells([cell(0.0, "greedy"), *cells]) == [cell(0.1), cell(0.7), cell(1.3), cell(2.0)]
    assert usual_cells([cell(0.0, "greedy")]) == [cell(0.0, "greedy")]
    assert usual_cells([]) == []


def test_verdicts_by_hand() -> None:
    """Two texts at 0.5: means 4.5 and 2, so 3.25; the greedy one alone has no interval."""
    found = made()
    first, second = code_of(found, cell(0.5), 0), code_of(found, cell(0.5), 1)
    greedy = code_of(found, cell(0.0, "greedy"), None)
    ratings = [Rating(first, "a", 4), Rating(first, "b", 5), Rating(second, "a", 2), Rating(greedy, "b", 1)]
    one, two = verdicts(ratings, found)
    assert (one.cell, one.score.mean, one.score.n, one.ratings) == (cell(0.0, "greedy"), 1, 1, 1)
    assert (two.cell, two.score.mean, two.score.n, two.ratings) == (cell(0.5), 3.25, 2, 3)
    assert (two.score.low, two.score.high) == (2, 4.5)
    assert two.proxies["coherence"] == 0.5
    assert math.isnan(two.proxies["creativity"])
    with pytest.raises(TextError, match="texts T1 to T5, got a score for 'T9'; it belongs to another set"):
        verdicts([Rating("T9", "a", 3)], found)


def test_key_and_sheet_come_back_as_they_were() -> None:
    found = made()
    back = read_key(key_csv(found))
    assert back.name == found.name
    assert back.question == found.question
    assert [(c, i.name, i.text) for c, i in back.items.items()] == [
        (c, i.name, i.text) for c, i in found.items.items()
    ]
    sheet = sheet_csv(found)
    assert not any(word in sheet.splitlines()[0] for word in ("temperature", "seed", "strategy"))
    filled = sheet.replace(",T1,,,", ",T1,me,4,").replace(",T3,,,", ",T3,me,5,")
    assert read_scores(filled, found) == [Rating("T1", "me", 4), Rating("T3", "me", 5)]


def test_saved_scores_are_read_again_whatever_the_rater_is_called() -> None:
    found = made()
    ratings = [Rating("T1", 'a "b", c', 4), Rating("T2", "=1+1", 2)]
    rows = [["set", "item", "rater", "score"], *([found.name, r.item, r.rater, r.score] for r in ratings)]
    csv.writer(file := io.StringIO()).writerows(rows)
    assert read_scores("\ufeff" + file.getvalue(), found) == ratings


@pytest.mark.parametrize(
    "text",
    [
        "item;rater;score\r\nT1;Jörg;4,0\r\nT2;Jörg;\r\n",
        "sep=;\r\nitem;rater;score\r\nT1;Jörg;4.0\r\n",
        'item,rater,score\nT1,Jörg,"4,0"\n',
        "Item\tRater \tScore\nT1\tJörg\t4\n",
        'set;item;rater;score;prompt;text\n;T1;Jörg;4;"a, b, c, d, e, f";"g;\nh"\n',
    ],
)
def test_scores_are_read_as_spreadsheets_save_them(text: str) -> None:
    assert read_scores(text, made()) == [Rating("T1", "Jörg", 4)]


def test_a_key_that_a_spreadsheet_has_saved_is_the_same() -> None:
    known = made()
    head, *rows = csv.reader(io.StringIO(key_csv(known)))
    commas = [[re.sub(r"^(\d)\.(\d)$", r"\1,\2", value) for value in row] for row in rows]
    csv.writer(file := io.StringIO(), delimiter=";").writerows([head, *commas])
    assert "0,5" in file.getvalue()
    assert key_csv(read_key(file.getvalue())) == key_csv(known)


@pytest.mark.parametrize("seed", range(4))
def test_a_sets_name_is_no_number_to_a_spreadsheet(seed: int) -> None:
    assert made(seed=seed).name[0] == "R"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("item;rater;score\nT1;me;4,5\n", "row 2: a score must be a whole number from 1 to 5, got 4,5"),
        (None, "must be a text, got None"),
        ("x" * 1_000_001, "at most 1,000,000 characters, got 1,000,001"),
        ("", "columns item, rater, score, got none named item"),
        ("item,rater\nT1,me\n", "none named score"),
        ("item,rater,score\n", "at least one row with a score, got none"),
        ("item,rater,score\nT1,me,\n", "at least one row with a score"),
        ("item,rater,score\nT1,me,4\nT2,me,6\n", "row 3: a score must be a whole number from 1 to 5, got 6"),
        ("item,rater,score\nT1,me,good\n", "row 2: .*got good"),
        ("item,rater,score\nT77,me,4\n", "row 2: .*'T77'; it belongs to another set"),
        ("item,rater,score\nT1,,4\n", "row 2: a rater's name must have 1 to 60 characters"),
        (f"item,rater,score\nT1,{'x' * 61},4\n", "row 2: a rater's name"),
        ("item,rater,score\nT1,a\x00b,4\n", "row 2: a rater's name|cannot be read as CSV"),
        ("item,rater,score\nT1,me,4\nT1,me,4\n", "once, got me twice for T1"),
        ("set,item,rater,score\nffff,T1,me,4\n", "row 2 belongs to the set 'ffff', not to"),
        (f'item,rater,score\n"{"x" * 200_000}",me,4\n', "cannot be read as CSV"),
    ],
)
def test_bad_scores_end_with_a_sentence_that_names_the_row(text: object, sentence: str) -> None:
    with pytest.raises((TextError, SettingError), match=sentence):
        read_scores(text, made())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "must hold its texts"),
        ({"texts": []}, "must hold its texts"),
        ({"texts": [3]}, "must hold its texts"),
        ({"texts": [{}]}, "a text must have a model"),
        (
            {
                "texts": [
                    {
                        "model": "m",
                        "prompt": "",
                        "strategy": "plain",
                        "temperature": "hot",
                        "seed": 1,
                        "text": "",
                    }
                ]
            },
            "a text must have",
        ),
        (
            {
                "texts": [
                    {"model": "m", "prompt": "", "strategy": "plain", "temperature": 1, "seed": 1, "text": 5}
                ]
            },
            "a text must have",
        ),
    ],
)
def test_a_file_that_is_no_sweep(data: object, sentence: str) -> None:
    with pytest.raises(TextError, match=sentence):
        items_from_json(data)


def test_a_key_that_is_none() -> None:
    lines = key_csv(made()).splitlines()
    with pytest.raises(TextError, match="at least one text"):
        read_key(lines[0] + "\n")
    with pytest.raises(TextError, match="one set and question"):
        read_key(key_csv(made()).replace("coherence,T", "beauty,T"))


def test_agreement_in_words() -> None:
    scores = [(f"T{n}", 1 + n % 5) for n in range(10)]
    full = agreement_sentences(agreement([Rating(t, r, s) for t, s in scores for r in "ab"]))
    assert "over the 10 texts that two or more rated is 1.00" in full[0]
    assert "enough to rely on" in full[0]
    few = agreement_sentences(agreement([Rating(t, r, s) for t, s in scores[:9] for r in "ab"]))
    assert "a hint at most, since fewer than 10 texts" in few[0]
    assert "is 1.00" in full[1]
    assert "two who rate the same" in agreement_sentences(agreement([Rating("T1", "a", 1)]))[0]
    apart = agreement([Rating("T1", "a", 1), Rating("T2", "b", 1)])
    assert "no text twice" in agreement_sentences(apart)[0]
    same = agreement_sentences(agreement([Rating("T1", "a", 3), Rating("T1", "b", 3)]))
    assert "all scores are the same" in same[0]
    assert "cannot be computed" in same[1]
    against = agreement([Rating(t, r, s if r == "a" else 6 - s) for t, s in scores for r in "ab"])
    assert "too little to build on" in agreement_sentences(against)[0]
