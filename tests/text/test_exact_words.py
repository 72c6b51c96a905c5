"""Words of any text: tokens → text is the identity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textgen.models.folder import load_tokenizer
from textgen.text.exact_words import JOINER, exact_vocabulary
from textgen.text.files import normal
from textgen.text.tokenizer import TextTokenizer
from textgen.text.words import UNKNOWN

SPLIT = TextTokenizer.exact_words([UNKNOWN]).split
SIGNS = " \n\t.,;:!?'\"-_&()[]“”„«»…–ab1é我。ـ\u200d\u0301😀$%/\xa0\x1c"

CASES = {
    "„Wie geht es dir?“ fragte sie.": ["„", "Wie", "geht", "es", "dir", "?", "“", " ", "fragte", "sie", "."],
    "my_func(x)": ["my_func", JOINER, "(", "x", ")"],
    "AT&T": ["AT", JOINER, "&", JOINER, "T"],
    "don’t don't": ["don’t", "don't"],
    "1,000 5:15 4th 1.2a": ["1,000", "5:15", "4th", "1.2a"],
    "我是学生。你呢？": ["我是学生", "。", "你呢", "？"],
    "हिन्दी में लिखो।": ["हिन्दी", "में", "लिखो", "।"],
    "a  b\n\n c": ["a", " ", " ", "b", "\n", "\n", " ", "c"],
    "« oui » !": ["«", " ", "oui", " ", "»", " ", "!"],
    "": [],
}


def tokenizer_of(text: str, lower: bool = False) -> TextTokenizer:
    return TextTokenizer.exact_words(exact_vocabulary(Counter(SPLIT(text)), 1), lower)


@pytest.mark.parametrize(("text", "pieces"), CASES.items())
def test_pieces(text: str, pieces: list[str]) -> None:
    assert SPLIT(text) == pieces


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(SIGNS, max_size=12), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)))
@example('“Don’t”—so… "yes" ')
@example("5..6 .5 a.b مرحبا، كيف ٣٫٥")
@example("👩\u200d💻😀😀 x<unk>y")
def test_every_text_comes_back_as_it_stood(typed: str) -> None:
    text = normal(typed).replace(JOINER, "")
    tokenizer = tokenizer_of(text)
    read = tokenizer.encode(text)
    assert read.unknown == ()
    assert tokenizer.decode(read.ids) == text
    assert tuple(tokenizer.tokenizer.encode(text).ids) == read.ids  # as the library reads it


def test_parts_cut_after_line_breaks_have_the_same_pieces() -> None:
    text = "\n".join(CASES) + "\n"
    assert [piece for line in text.splitlines(keepends=True) for piece in SPLIT(line)] == SPLIT(text)


def test_a_saved_one_is_the_same(tmp_path: Path) -> None:
    text = "\n".join(CASES)
    made = tokenizer_of(text)
    made.save(tmp_path / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert loaded.exact
    assert loaded.encode(text) == made.encode(text)
    assert (loaded.texts, loaded.tight_before, loaded.tight_after) == (
        made.texts,
        made.tight_before,
        made.tight_after,
    )


@pytest.mark.parametrize("text", CASES)
def test_token_by_token_is_the_whole_text(text: str) -> None:
    tokenizer = tokenizer_of(text)
    ids, written = tokenizer.encode(text).ids, ""
    for token in ids:
        written = tokenizer.extended(written, [token])
    assert tokenizer.encode(written).ids == ids
    assert written.replace(JOINER, "") == text
    for count in range(len(ids) - 1, -1, -1):
        written = tokenizer.without_last(written)
        assert tokenizer.encode(written).ids == ids[:count]


def test_upper_case_and_another_form_of_accents_are_known() -> None:
    tokenizer = tokenizer_of("shall i también οδος", lower=True)
    read = tokenizer.encode("Shall I TAMBIE\u0301N ΟΔΟΣ")
    assert read.unknown == ()
    assert tokenizer.decode(read.ids) == "shall i también οδος"
