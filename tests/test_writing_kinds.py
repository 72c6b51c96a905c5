"""What is written by models of words, and by models whose texts end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.tiny_models import load_tiny_names, load_tiny_words
from textgen import api
from textgen.decoding.stream import NO_TOKEN
from textgen.models.folder import Model
from textgen.settings import BeamSettings, DecodeSettings


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_tiny_words(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_tiny_names(tmp_path_factory.mktemp("models"))


class TestWords:
    def test_a_text_goes_on_from_its_prompt(self, words: Model) -> None:
        for prompt in ("the old", 'she said "', ""):
            written = api.generate(words, prompt, seed=1, length=60)
            whole = words.tokenizer.encode(prompt).ids + written.ids
            assert prompt + written.text == words.tokenizer.decode(whole)

    def test_a_space_that_the_prompt_has_is_not_put_twice(self, words: Model) -> None:
        bare, spaced = (
            api.generate(words, prompt, seed=1, length=9).text for prompt in ("the old", "the old ")
        )
        assert bare == f" {spaced}"

    def test_the_unknown_word_is_never_picked(self, words: Model) -> None:
        settings = [DecodeSettings(temperature=100), DecodeSettings(temperature=0)]
        steps = list(api.write(words, "Tom", settings, [1, 1], 400))
        assert not any(words.tokenizer.unknown_id in step.ids for step in steps)
        *_, last = api.beam_search(words, "Tom", BeamSettings(width=20, length=6))
        assert not any(words.tokenizer.unknown_id in found.ids for found in last.finished)

    def test_labels_in_a_row_have_spaces_between_words(self, words: Model) -> None:
        ids = words.tokenizer.encode('"Tom!" said the old lady.\n').ids
        assert words.shown(ids) == "“Tom!” said the old lady.⏎"
        assert words.shown(()) == ""


class TestNames:
    def test_a_text_ends_where_the_model_ends_it(self, names: Model) -> None:
        for seed in range(5):
            written = api.generate(names, "ab", seed=seed, length=200)
            assert names.ended(written.ids)
            assert 0 not in written.ids[:-1]
            assert written.text == names.tokenizer.decode(written.ids[:-1])
            assert len(written.surprisal) == len(written.ids)

    def test_a_text_may_be_cut_first(self, names: Model) -> None:
        whole = api.generate(names, "ab", seed=1, length=200)
        cut = api.generate(names, "ab", seed=1, length=len(whole.ids) - 1)
        assert cut.ids == whole.ids[:-1]
        assert not names.ended(cut.ids)

    def test_texts_side_by_side_end_each_at_its_own_time(self, names: Model) -> None:
        seeds = [0, 1, 2, 3]
        steps = list(api.write(names, "", [DecodeSettings()] * 4, seeds, 200))
        columns = np.stack([step.ids for step in steps], axis=1)
        for ids, seed in zip(columns.tolist(), seeds, strict=True):
            alone = api.generate(names, "", seed=seed, length=200).ids
            assert ids == [*alone, *[NO_TOKEN] * (len(ids) - len(alone))]
            assert names.text(ids) == names.tokenizer.decode(alone[:-1])

    def test_beams_end_there_too(self, names: Model) -> None:
        *_, last = api.beam_search(names, "ab", BeamSettings(width=4, length=8, length_penalty=0))
        assert any(found.stopped for found in last.finished)
        for found in last.finished:
            assert found.stopped == (found.ids[-1] == 0)
            assert 0 not in found.ids[:-1]

    def test_a_stop_stands_apart_in_a_row_of_labels(self, names: Model) -> None:
        ids = [*names.tokenizer.encode("ab").ids, 0]
        assert names.shown(ids) == "ab BOS"
        assert [names.gap(left, right) for left, right in pairwise(ids)] == ["", " "]
