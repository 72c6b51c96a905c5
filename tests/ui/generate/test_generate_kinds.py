"""The Generate tab on words, and on names that end: what the page is sent."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from tests.ui.generate.generate_lab import Lab, head, held, written
from textgen import api
from textgen.decoding.beam import NetScorer, beam_search
from textgen.errors import TextgenError
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.records import Step
from textgen.settings import BeamSettings, DecodeSettings
from textgen.ui.generate.writing import Batch, batched, hold

TEMPERATURES = (0.5, 1, 2, 3)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    root = tmp_path_factory.mktemp("kinds")
    save_tiny_words_model(root / "words")
    save_tiny_names_model(root / "names")
    return Registry(root)


@pytest.fixture
def words(kinds: Registry) -> Model:
    return kinds.get("words")


@pytest.fixture
def names(kinds: Registry) -> Model:
    return kinds.get("names")


def lab_on(kinds: Registry, model: str, context: str) -> Lab:
    lab = Lab(kinds)
    lab.model, lab.prompt = model, context
    return lab


def put_together(values: list[dict], prompt: str, ids: list[int]) -> str:
    """A text as the page puts it together."""
    names, tight, text = json.loads(values[0]["tokens"]), head(values)["tight"], prompt
    for token in ids:
        space = int(names["spaces"][token])
        text += ("" if tight or space & 1 else " ") + names["texts"][token]
        tight = space & 2
    return text


# ---- words


@pytest.mark.parametrize("prompt", ["the old", "the old ", 'she said "', ""])
def test_the_page_puts_the_spaces_that_the_library_puts(kinds: Registry, words: Model, prompt: str) -> None:
    lab = lab_on(kinds, "words", prompt)
    values = lab.write(texts=[lab.text(1)])
    found = api.generate(words, prompt, seed=5, length=30)
    assert written(values)[0] == list(found.ids)
    assert put_together(values, prompt, written(values)[0]) == prompt + found.text


def test_a_place_of_a_text_is_the_context_that_it_reads(kinds: Registry, words: Model) -> None:
    lab = lab_on(kinds, "words", "the old")
    ids = words.tokenizer.encode(' lady--"Tom"').ids
    context = lab.room.context_at({"model": "words", "prompt": "the old", "ids": list(ids)})["context"]
    assert words.tokenizer.encode(context).ids == words.tokenizer.encode("the old").ids + ids


def test_nobody_can_pick_the_unknown_word(kinds: Registry) -> None:
    lab = lab_on(kinds, "words", "Tom")
    for record in (held([1], pick=0), held([0])):
        with pytest.raises(TextgenError, match="written"):
            lab.go_on([record])


# ---- names


def test_texts_end_each_at_its_own_time(kinds: Registry, names: Model) -> None:
    lab = lab_on(kinds, "names", "ab")
    values = lab.write(texts=[lab.text(t) for t in TEMPERATURES], goal=200)
    alone = [api.generate(names, "ab", seed=5, length=200, temperature=t) for t in TEMPERATURES]
    assert written(values) == [list(one.ids) for one in alone]
    assert len({len(one.ids) for one in alone}) > 1
    assert head(values)["stops"] == [0]
    assert "tight" not in head(values)
    assert "spaces" not in json.loads(values[0]["tokens"])
    assert json.loads(values[0]["tokens"])["labels"][0] == "BOS"
    assert values[-1]["done"] == "length"


def test_continue_goes_on_with_those_that_have_not_ended(kinds: Registry, names: Model) -> None:
    lab = lab_on(kinds, "names", "ab")
    settings = [DecodeSettings(temperature=t) for t in TEMPERATURES]
    whole = [list(api.generate(names, "ab", seed=5, length=200, settings=s).ids) for s in settings]
    lengths = [len(whole[0]), 0, 1, 2]
    before = [ids[:n] for ids, n in zip(whole, lengths, strict=True)]
    texts = [held(ids, one) for ids, one in zip(before, settings, strict=True)]
    after = [*written(lab.go_on(texts, goal=200)), [], [], [], []][:4]
    assert [a + b for a, b in zip(before, after, strict=True)] == whole


def test_nothing_goes_on_when_all_have_ended(kinds: Registry) -> None:
    with pytest.raises(TextgenError, match="every text has ended"):
        lab_on(kinds, "names", "ab").go_on([held([1, 0]), held([0])])


def test_another_way_out_of_an_ended_text(kinds: Registry, names: Model) -> None:
    lab = lab_on(kinds, "names", "ab")
    assert written(lab.go_on([held([1, 2], pick=0)])) == [[0]]
    onwards = written(lab.go_on([held([1, 2], pick=3)], goal=200))[0]
    assert onwards[0] == 3
    assert names.ended(onwards)


@pytest.mark.parametrize("strategy", ["beam", "beam_sampling"])
@pytest.mark.parametrize("context", ["", "ab", "f", "ce"])
def test_a_beam_writes_the_best_text_even_if_others_go_on(
    kinds: Registry, names: Model, strategy: str, context: str
) -> None:
    lab = lab_on(kinds, "names", context)
    values = lab.write(texts=[lab.text(1, strategy=strategy, width=3)], goal=12)
    ids = api.read_context(names, context).ids
    search = BeamSettings(width=3, length=12, sampling=strategy == "beam_sampling", seed=5, stops=(0,))
    *_, last = beam_search(NetScorer(names.net, ids), search, DecodeSettings(), ids)
    assert tuple(written(values)[0]) == last.finished[0].ids


def step(*ids: int) -> Step:
    floats, ints = np.zeros(len(ids)), np.zeros(len(ids), dtype=np.int64)
    return Step(
        0,
        np.array(ids),
        floats,
        floats,
        ints,
        np.zeros((len(ids), 5), dtype=np.int64),
        np.zeros((len(ids), 5)),
    )


def test_steps_stay_in_order_when_others_join_and_leave() -> None:
    held: list = []
    for rows, ids in [
        ((0, 2), (1, 1)),
        ((1,), (9,)),
        ((0, 2), (2, 2)),
        ((0, 1, 2), (3, 3, 3)),
        ((0, 2), (4, 4)),
    ]:
        hold(held, rows, step(*ids))
    batches: list[Batch] = batched(held, 0.0)
    assert [(batch.rows, len(batch.steps)) for batch in batches] == [
        ((0, 2), 2),
        ((1,), 1),
        ((0, 1, 2), 1),
        ((0, 2), 1),
    ]
