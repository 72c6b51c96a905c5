"""Where texts part, and the temperature at which a token flips, against brute force."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import save_tiny_model
from tests.tiny_models import load_tiny_names
from textgen import generate
from textgen.decoding.stream import NO_TOKEN
from textgen.errors import SettingError
from textgen.experiments.chaos.flips import Flip, Race, crossings, flips_above, linear
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos, grid
from textgen.models import folder as checkpoint
from textgen.models.folder import Model
from textgen.settings import DecodeSettings
from textgen.stages import TEMPERATURE_LAST

LINEAR = (
    DecodeSettings(),
    DecodeSettings(top_k=4),
    DecodeSettings(repetition_penalty=1.4, no_repeat_ngram=3, top_n_sigma=1.5),
    DecodeSettings(top_p=0.8, min_p=0.05, order=TEMPERATURE_LAST),
)
BENT = (DecodeSettings(top_p=0.7), DecodeSettings(min_p=0.2), DecodeSettings(typical=0.8, top_k=6))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Far enough from uniform that temperature has something to do."""
    folder = save_tiny_model(tmp_path_factory.mktemp("chaos") / "chars", "\n 'Tabcdefgh", seed=3)
    model = checkpoint.load(folder)
    model.net.scale_logits(12)
    return model


def settings_of(decode: DecodeSettings, low: float = 0.3, high: float = 1.8, **more: Any) -> ChaosSettings:
    return ChaosSettings(grid(low, high, 31), decode=decode, length=40, seed=11, **more)


def flips_of(model: Model, made: Chaos) -> list[tuple[int, Flip]]:
    return [(row, flip) for row in range(1, len(made.texts)) for flip in flips_above(model, made, row)]


def token_at(model: Model, made: Chaos, temperature: float, step: int) -> int:
    """Brute force: write the whole text there."""
    decode = made.settings.decode.at(temperature)
    ids = generate(model, made.prompt, settings=decode, seed=made.settings.seed, length=step + 1).ids
    return ids[step]


def test_the_texts_are_those_of_generate_and_part_where_they_say(model: Model) -> None:
    made = chaos(model, "Ta", settings_of(DecodeSettings(top_k=8)))
    assert len(made.texts) == 31
    for temperature, text in zip(made.settings.temperatures, made.texts, strict=True):
        assert text == generate(model, "Ta", temperature=temperature, top_k=8, seed=11, length=40).text
    assert made.divergences[0] is None
    for row in range(1, 31):
        above, here, at = made.texts[row - 1], made.texts[row], made.divergences[row]
        assert (above == here) == (at is None)
        if at is not None:
            assert above[:at] == here[:at]
            assert above[at] != here[at]
    assert len({at for at in made.divergences if at is not None}) > 5


def test_a_text_that_ended_parts_from_one_that_goes_on(tmp_path: Path) -> None:
    names = load_tiny_names(tmp_path)
    made = chaos(names, "a", settings_of(DecodeSettings()))
    assert (made.ids == NO_TOKEN).any()
    for row in range(1, 31):
        at = made.divergences[row]
        pairs = list(zip(made.ids[row - 1].tolist(), made.ids[row].tolist(), strict=True))
        assert at == next((step for step, (a, b) in enumerate(pairs) if a != b), None)


def test_more_rows_than_a_batch_are_the_same_rows(model: Model) -> None:
    fine = chaos(model, "", ChaosSettings(grid(0.5, 1.0, 101), length=10, seed=2))
    coarse = chaos(model, "", ChaosSettings(grid(0.5, 1.0, 11), length=10, seed=2))
    assert np.array_equal(fine.ids[::10], coarse.ids)


@pytest.mark.parametrize("decode", LINEAR)
def test_a_flip_is_where_the_token_flips(model: Model, decode: DecodeSettings) -> None:
    made = chaos(model, "Ta", settings_of(decode))
    found = flips_of(model, made)
    assert len(found) >= 5
    for row, flip in found:
        low, high = made.settings.temperatures[row - 1 : row + 1]
        assert flip.exact
        assert flip.same_before
        assert flip.step == made.divergences[row]
        assert low <= flip.temperature <= high
        assert token_at(model, made, flip.temperature * (1 - 1e-9), flip.step) == flip.below.token
        assert token_at(model, made, flip.temperature * (1 + 1e-9), flip.step) == flip.above.token
        assert flip.below.score == pytest.approx(flip.above.score, abs=1e-9)
        luck = flip.above.noise - flip.below.noise
        assert luck > 0, "heat lets luck win"
        assert flip.below.probability > flip.above.probability
        odds = math.log(flip.below.probability / flip.above.probability)
        assert odds == pytest.approx(luck, rel=1e-6), "level where the odds make up for the luck"


def test_the_formula_by_hand(model: Model) -> None:
    made = chaos(model, "Ta", settings_of(DecodeSettings()))
    _, flip = flips_of(model, made)[0]
    by_hand = (flip.below.logit - flip.above.logit) / (flip.above.noise - flip.below.noise)
    assert flip.temperature == pytest.approx(by_hand, rel=1e-12)
    assert (flip.below.label, flip.above.label) == (
        model.labels[flip.below.token],
        model.labels[flip.above.token],
    )


def test_all_flips_between_are_found_in_order() -> None:
    """Three lines, each overtaken by the next: 4/T, 2/T + 2, 3 meet at T = 1 and 2."""
    race = Race(0, np.array([4.0, 2.0, 0.0, 1.0]), np.array([0.0, 2.0, 3.0, 0.0]), DecodeSettings(), ())
    assert crossings(race, 0.5, 3.0) == [(1.0, 0, 1), (2.0, 1, 2)]
    assert crossings(race, 0.0, 1.5) == [(1.0, 0, 1)]
    assert crossings(race, 1.2, 1.5) == []


def test_flips_of_random_races_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    steps = np.linspace(0.2, 3.0, 20_001)
    several = 0
    for _ in range(60):
        race = Race(0, rng.normal(0, 2, 30), rng.gumbel(size=30), DecodeSettings(), ())
        winners = (race.logits / steps[:, None] + race.noise).argmax(axis=1)
        changes = np.flatnonzero(winners[1:] != winners[:-1])
        found = crossings(race, 0.2, 3.0)
        assert [(below, above) for _, below, above in found] == [
            (winners[i], winners[i + 1]) for i in changes
        ]
        assert [flip.temperature for flip in found] == pytest.approx(
            ((steps[changes] + steps[changes + 1]) / 2).tolist(), abs=1e-4
        )
        several += len(found) > 1
    assert several > 5


@pytest.mark.parametrize("decode", BENT)
def test_stages_that_depend_on_temperature_are_bisected(model: Model, decode: DecodeSettings) -> None:
    made = chaos(model, "Ta", settings_of(decode))
    found = flips_of(model, made)
    assert len(found) >= 5
    for _, flip in found:
        assert not flip.exact
        if flip.same_before:
            assert token_at(model, made, flip.temperature * (1 - 1e-9), flip.step) == flip.below.token
            assert token_at(model, made, flip.temperature * (1 + 1e-9), flip.step) == flip.above.token
    assert any(flip.same_before for _, flip in found)


def test_both_ways_agree_where_both_can_go(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    made = chaos(model, "Ta", settings_of(DecodeSettings()))
    exact = {row: flips_above(model, made, row) for row in range(1, 31)}
    monkeypatch.setattr("textgen.experiments.chaos.flips.linear", lambda decode: False)
    for row, flips in exact.items():
        narrow = flips_above(model, made, row)
        assert len(narrow) == bool(flips)
        if flips:
            assert min(abs(narrow[0].temperature - flip.temperature) for flip in flips) < 1e-9


def test_from_greedy(model: Model) -> None:
    for decode in (DecodeSettings(), DecodeSettings(min_p=0.02)):
        made = chaos(model, "Ta", ChaosSettings((0.0, 1.0), decode=decode, length=40, seed=11))
        flips = flips_above(model, made, 1)
        assert flips
        assert flips[0].below.token == made.ids[0, flips[0].step]
        assert 0 < flips[0].temperature <= 1


def test_which_settings_are_straight_lines() -> None:
    assert all(map(linear, LINEAR))
    assert not any(map(linear, BENT))
    assert linear(DecodeSettings(temperature=0))


def test_nothing_parts_where_nothing_is_drawn(model: Model) -> None:
    made = chaos(model, "Ta", settings_of(DecodeSettings(top_k=1)))
    assert made.divergences == (None,) * 31
    assert flips_above(model, made, 7) == ()
    for row in (0, 31, -1):
        with pytest.raises(SettingError, match=f"row must be from 1 to 30, got {row}"):
            flips_above(model, made, row)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"temperatures": (1.0,)}, "the number of temperatures must be a whole number from 2 to 500, got 1"),
        ({"temperatures": tuple(i / 100 for i in range(1, 600))}, "got 599; use a coarser grid"),
        ({"temperatures": (1.0, 0.5)}, "temperatures of a chaos must rise"),
        ({"temperatures": (0.5, 0.5)}, "temperatures of a chaos must rise"),
        ({"temperatures": (0.5, -0.5)}, "temperature must be 0 or in"),
        ({"length": 0}, "length must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_mistakes_end_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        ChaosSettings(**{"temperatures": (0.5, 1.0), **values})


def test_a_grid() -> None:
    assert grid(0.1, 0.5, 5) == (0.1, 0.2, 0.3, 0.4, 0.5)
    with pytest.raises(SettingError, match="rows must be"):
        grid(0, 1, 1)
