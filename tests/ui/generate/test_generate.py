"""The Generate tab's handlers, called as the page calls them."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from tests.ui.generate.generate_lab import (
    FRESH,
    NOON,
    PROMPT,
    TEMPERATURES,
    Lab,
    generated,
    head,
    held,
    lines,
    written,
)
from textgen import __version__, api
from textgen.decoding.beam import NetScorer, beam_search
from textgen.models.folder import Model, weights_sha256
from textgen.models.registry import Registry
from textgen.settings import BeamSettings, DecodeSettings
from textgen.ui.generate import runs, writing
from textgen.ui.generate.tab import config


@pytest.fixture
def lab(registry: Registry) -> Lab:
    return Lab(registry)


# ---- Write


def test_every_pane_holds_what_the_library_writes(lab: Lab, tiny: Model) -> None:
    values = lab.write()
    assert written(values) == [generated(tiny, DecodeSettings(temperature=t)) for t in TEMPERATURES]
    assert values[-1]["done"] == "length"


def test_a_message_holds_the_lines_that_are_new(registry: Registry) -> None:
    ticks = count()
    values = Lab(registry, lambda: next(ticks) * 0.03).write()
    assert len(values) > 5
    assert ["head" in value for value in values] == [True] + [False] * (len(values) - 1)
    times = [fields["at"] for fields, _, _ in lines(values)]
    assert times == sorted(times)
    assert [value["done"] for value in values] == [""] * (len(values) - 1) + ["length"]


def test_what_the_model_thought_of_each_token(lab: Lab, tiny: Model) -> None:
    settings = DecodeSettings(temperature=0.5, top_k=4)
    lab.settings = DecodeSettings(top_k=4)
    values = lab.write(texts=[lab.text(0.5)])
    steps = list(api.write(tiny, PROMPT, [settings], [5], 30))
    reals = np.concatenate([real[:, 0] for _, real, _ in lines(values)])
    whole = np.concatenate([numbers[:, 0].astype(int) for _, _, numbers in lines(values)])
    assert np.allclose(reals[:, 0], [step.decoded[0] for step in steps], rtol=1e-6)
    assert np.allclose(reals[:, 1], [step.surprisal[0] for step in steps], rtol=1e-6)
    assert list(whole[:, 1]) == [int(step.ranks[0]) for step in steps]
    assert np.array_equal(whole[:, 2:7], [step.top_ids[0] for step in steps])
    assert np.allclose(whole[:, 7:] / 65_535, [step.top_probabilities[0] for step in steps], atol=1e-5)


def test_the_head_says_how_to_write_it_again(lab: Lab, tiny: Model, models_folder: Path) -> None:
    lab.settings = DecodeSettings(top_p=0.9)
    facts = head(lab.write(texts=[lab.text(0.5), lab.text(2, stages={"top_k": 3})]))
    wanted = [DecodeSettings(temperature=0.5, top_p=0.9), DecodeSettings(temperature=2, top_p=0.9, top_k=3)]
    assert facts["settings"] == [settings.to_dict() for settings in wanted]
    assert facts["weights_sha256"] == weights_sha256(models_folder / "tiny")
    told_facts = [facts[name] for name in ("model", "prompt", "seed", "goal", "version", "time")]
    assert told_facts == ["tiny", PROMPT, "5", 30, __version__, NOON.isoformat(timespec="seconds")]


def test_token_names_are_sent_to_those_who_lack_them(lab: Lab, tiny: Model) -> None:
    values = lab.write()
    names = json.loads(values[0]["tokens"])
    assert names == {"texts": list(tiny.tokenizer.texts), "labels": list(tiny.tokenizer.labels)}
    assert lab.write(vocabulary=head(values)["vocabulary"])[0]["tokens"] == ""


def test_the_texts_are_the_tokens_put_together(lab: Lab, tiny: Model) -> None:
    ids = written(lab.write())[2]
    assert "".join(tiny.tokenizer.texts[i] for i in ids) == tiny.tokenizer.decode(ids)


def test_a_kept_seed_repeats_and_a_free_one_is_fresh(lab: Lab, tiny: Model) -> None:
    first = lab.write()
    assert written(lab.write()) == written(first)
    lab.seed = None
    fresh = lab.write(texts=[lab.text(1)])
    assert head(fresh)["seed"] == str(FRESH)
    assert written(fresh)[0] == generated(tiny, DecodeSettings(), seed=FRESH)


def test_greedy_needs_no_seed_and_no_temperature(lab: Lab, tiny: Model) -> None:
    values = lab.write(texts=[lab.text(1.7, strategy="greedy")])
    assert written(values)[0] == generated(tiny, DecodeSettings(temperature=0), seed=99)


def test_what_the_model_does_not_know_is_named(lab: Lab) -> None:
    lab.prompt = "The 🙂 cab"
    assert "🙂" in head(lab.write())["note"]


# ---- Continue


PENALTIES = DecodeSettings(temperature=0.9, top_p=0.8, repetition_penalty=1.3, no_repeat_ngram=3)


@pytest.mark.parametrize("settings", [DecodeSettings(), DecodeSettings(temperature=0), PENALTIES])
@pytest.mark.parametrize("stopped", [0, 1, 17, 29])
def test_continued_is_as_if_it_had_never_stopped(
    lab: Lab, tiny: Model, settings: DecodeSettings, stopped: int
) -> None:
    whole = generated(tiny, settings)
    values = lab.go_on([held(whole[:stopped], settings)])
    assert whole[:stopped] + written(values)[0] == whole


def test_shorter_texts_catch_up_and_none_is_changed(lab: Lab, tiny: Model) -> None:
    settings = [DecodeSettings(temperature=t) for t in TEMPERATURES]
    whole = [generated(tiny, one) for one in settings]
    lengths = [30, 4, 0, 4]
    before = [ids[:length] for ids, length in zip(whole, lengths, strict=True)]
    values = lab.go_on([held(ids, one) for ids, one in zip(before, settings, strict=True)])
    after = [*written(values), []][:4]
    assert [a + b for a, b in zip(before, after, strict=True)] == whole


def test_another_way_goes_on_from_a_token_chosen_by_hand(lab: Lab, tiny: Model) -> None:
    settings = DecodeSettings(temperature=0.8, top_k=5)
    ids = generated(tiny, settings)[:10]
    after = api.predict(tiny, PROMPT + tiny.tokenizer.decode(ids))
    pick = int(np.argsort(-after.logits)[6])  # the settings would never take it
    values = lab.go_on([held(ids, settings, pick=pick)])
    _, reals, whole = next(lines(values))
    learned = np.exp(after.logits - np.logaddexp.reduce(after.logits.astype(float)))[pick]
    assert (whole[0, 0, 0], whole[0, 0, 1]) == (pick, 7)
    assert reals[0, 0] == pytest.approx([0, -np.log2(learned)], rel=1e-5)
    read = (*api.read_context(tiny, PROMPT).ids, *ids, pick)
    expected = [int(step.ids[0]) for step in api.write(tiny, [read], [settings], [5], 19, 11)]
    assert written(values)[0] == [pick, *expected]


def test_another_way_may_end_with_the_token_chosen(lab: Lab) -> None:
    assert written(lab.go_on([held([1] * 9, pick=3)], goal=10)) == [[3]]


def test_phases_bring_all_to_the_goal() -> None:
    assert list(runs.phases([7, 3, 10, 3], 10)) == [((1, 3), 3, 7), ((0, 1, 3), 7, 10)]
    assert list(runs.phases([10], 10)) == []


# ---- beams


@pytest.mark.parametrize("strategy", ["beam", "beam_sampling"])
def test_a_beam_writes_the_best_text_of_its_search(lab: Lab, tiny: Model, strategy: str) -> None:
    values = lab.write(texts=[lab.text(0.7, strategy=strategy, width=3)])
    context = api.read_context(tiny, PROMPT).ids
    search = BeamSettings(width=3, length=30, sampling=strategy == "beam_sampling", seed=5)
    steps = list(beam_search(NetScorer(tiny.net, context), search, DecodeSettings(temperature=0.7), context))
    best = steps[-1].finished[0]
    assert tuple(written(values)[0]) == best.ids
    decoded, bits = np.concatenate([reals[:, 0] for _, reals, _ in lines(values)]).T
    assert np.allclose(bits, -np.array(best.logprobs) / np.log(2), atol=1e-4)
    assert np.allclose(decoded, 2.0**-bits, rtol=1e-4) == (strategy == "beam")  # it heeds no temperature


def test_beams_and_draws_stand_side_by_side(lab: Lab, tiny: Model) -> None:
    values = lab.write(texts=[lab.text(1), lab.text(1, strategy="beam", width=2), lab.text(0.5)])
    drawn = [generated(tiny, DecodeSettings(temperature=t)) for t in (1, 0.5)]
    texts = written(values)
    assert [texts[0], texts[2]] == drawn
    assert len(texts[1]) == 30


def test_a_beam_of_one_is_greedy(lab: Lab, tiny: Model) -> None:
    values = lab.write(texts=[lab.text(1, strategy="beam", width=1)])
    assert written(values)[0] == generated(tiny, DecodeSettings(temperature=0))


def test_the_guides_four_are_what_their_names_say(lab: Lab) -> None:
    lab.settings = DecodeSettings(min_p=0.2, top_k=7)
    texts = []
    for pane in config()["guide"]:
        width = {"width": pane["width"]} if pane["width"] else {}
        texts.append(lab.text(pane["temperature"], pane["changes"], strategy=pane["strategy"], **width))
    settings = [DecodeSettings.from_dict(one) for one in head(lab.write(texts=texts))["settings"]]
    assert [(s.temperature, s.top_k, s.top_p, s.min_p) for s in settings] == [
        (0, 0, 1, 0),
        (0.5, 0, 0.9, 0),
        (0.8, 40, 1, 0),
        (1.2, 0, 0.95, 0),
    ]


# ---- time


def test_a_message_every_twentieth_of_a_second(registry: Registry) -> None:
    ticks = count()
    values = Lab(registry, lambda: next(ticks) * 0.01).write(goal=100)
    sizes = [fields["n"] for fields, _, _ in lines(values)]
    assert sizes[0] == 1  # the first token comes at once
    assert set(sizes[1:-1]) <= {4, 5, 6}


def test_nobody_writes_for_ever(registry: Registry) -> None:
    ticks = count()
    values = Lab(registry, lambda: next(ticks) * writing.DEADLINE / 20).write(goal=5_000)
    assert values[-1]["done"] == "deadline"
    assert 1 < len(written(values)[0]) < 100


# ---- Open in Next token


def test_a_place_of_a_text_is_a_context(lab: Lab, tiny: Model) -> None:
    ids = generated(tiny, DecodeSettings())[:6]
    answer = lab.room.context_at({"model": "tiny", "prompt": PROMPT, "ids": ids})
    assert answer == {"context": PROMPT + tiny.tokenizer.decode(ids)}


# ---- what the page is told once


def test_the_page_can_ask_for_every_strategy_and_for_the_guides_four(lab: Lab) -> None:
    told = config()
    known = [strategy["name"] for strategy in told["strategies"]]
    for name in known:
        assert lab.write(texts=[lab.text(1, strategy=name, width=told["width"])], goal=3)[-1]["done"]
    assert {entry["strategy"] for entry in told["guide"]} <= set(known)
    assert json.loads(json.dumps(told, allow_nan=False))["maxPanes"] == 4
