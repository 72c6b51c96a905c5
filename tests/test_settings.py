"""Settings: what is legal, what is refused, and with which sentence."""

from __future__ import annotations

import dataclasses
import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import SettingError, TextgenError
from textgen.settings import (
    GUIDE,
    MAX_SEED,
    METHODS,
    NAMED,
    BeamSettings,
    DecodeSettings,
    Strategy,
    advice_on,
    check_seed,
)
from textgen.stages import ORDERS, PARAMETERS, STAGES, TEMPERATURE_FIRST, TEMPERATURE_LAST

HOSTILE: list[Any] = [
    math.nan,
    math.inf,
    -math.inf,
    -1,
    -0.1,
    1e300,
    10**400,
    -(10**400),
    True,
    False,
    None,
    "0.5",
    "",
    "${7*6}",
    b"1",
    [1],
    {},
    (0.5,),
    np.nan,
    np.float32("inf"),
    np.array([0.5]),
    np.bool_(True),
    1 + 0j,
    Decimal("0.5"),
    object(),
]
OUTSIDE: dict[str, list[Any]] = {
    "temperature": [0.009, 100.1, 1e9, 1e-300],
    "top_k": [0.5, 10**8, 1e9, 2**63],
    "top_p": [0, 0.0, 2, 1.0000001, 1e9],
    "min_p": [1.1, 1e9],
    "typical": [0, 1.5, 1e9],
    "epsilon": [1, 1.0, 1e9],
    "eta": [1, 1.0, 1e9],
    "top_n_sigma": [100.5, 1e9],
    "xtc": [0.51, 1, 1e9],
    "mirostat": [20.5, 1e9],
    "mirostat_eta": [1.01, 1e9],
    "dynamic_temperature": [10.5, 1e9],
    "dynamic_exponent": [0, 0.001, 11],
    "smoothing": [10.1, 1e9],
    "smoothing_curve": [0, 0.99, 3.01],
    "repetition_penalty": [0, 0.001, 101, 1e9],
    "presence_penalty": [-11, 10.1, 1e9],
    "frequency_penalty": [-11, 10.1, 1e9],
    "min_length": [100_001, 2.5, 1e9],
    "no_repeat_ngram": [1001, 2.5, 1e9],
}
INSIDE: dict[str, list[Any]] = {
    "temperature": [0, 0.0, -0.0, 0.01, 1, 100, np.float32(0.5), np.int64(2), Fraction(1, 2)],
    "top_k": [0, 1, 40.0, 10_000_000, np.int32(5), np.float64(3)],
    "top_p": [1e-300, 0.5, 1, np.float64(0.9)],
    "min_p": [0, 1, 0.05],
    "typical": [0.2, 1],
    "epsilon": [0, 0.999],
    "eta": [0, 3e-4],
    "top_n_sigma": [0, 1, 100],
    "xtc": [0, 1e-9, 0.1, 0.5],
    "mirostat": [0, 5, 20],
    "mirostat_eta": [0, 0.1, 1],
    "dynamic_temperature": [0, 0.5, 10],
    "dynamic_exponent": [0.01, 1, 10],
    "smoothing": [0, 0.3, 10],
    "smoothing_curve": [1, 2.5, 3],
    "repetition_penalty": [0.01, 1, 100],
    "presence_penalty": [-10, 0.5, 10],
    "frequency_penalty": [-10, 0.5, 10],
    "min_length": [0, 7.0, 100_000],
    "no_repeat_ngram": [0, 3, 1000],
}


SIGNED = ("presence_penalty", "frequency_penalty")  # below 0 they make repeating likelier
NUMBERS = {name: one for name, one in PARAMETERS.items() if not one.read}


def test_every_setting_is_tried() -> None:
    assert set(OUTSIDE) == set(INSIDE) == set(NUMBERS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in NUMBERS for value in HOSTILE])
def test_what_is_no_number_of_the_right_size_is_refused(name: str, value: Any) -> None:
    if name in SIGNED and type(value) in (int, float) and -1 <= value < 0:
        assert getattr(DecodeSettings(**{name: value}), name) == value
        return
    with pytest.raises(SettingError) as caught:
        DecodeSettings(**{name: value})
    assert str(caught.value).startswith(f"{name} must be {NUMBERS[name].legal}, got ")
    assert str(caught.value).endswith(f"; {NUMBERS[name].hint}")
    assert len(str(caught.value)) < 250


def nothing(value: Any) -> bool:
    """Whether no token is named."""
    return value is None or (isinstance(value, str | dict) and not value)


@pytest.mark.parametrize(
    "value",
    [
        *(value for value in HOSTILE if not nothing(value)),
        *({"e": number} for number in (True, "2", math.nan, 101, -1e300, [1])),
        *({token: 1} for token in ("", True, -1, 1.5, 10**9, None)),
        *("e", "e: 0,7", "e: x", "e: 1, e: 2", '{"e": 1', '"e: 1', "[" * 9999, ":", "e: 1" * 9999),
        {str(token): 1 for token in range(301)},
        {17: 1, "#17": 2},
    ],
)
def test_what_names_no_tokens_is_refused(value: Any) -> None:
    with pytest.raises(SettingError, match="logit_bias") as caught:
        DecodeSettings(logit_bias=value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("e: -2, o: ban", {"e": -2.0, "o": None}),
        ("␣: 1.5; #17: -inf\n⏎: −3", {"␣": 1.5, "#17": None, "⏎": -3.0}),
        (",: 1, :: 2, ;: 3", {",": 1.0, ":": 2.0, ";": 3.0}),
        ('"a, b": 1, "\\n": 2,', {"a, b": 1.0, "\n": 2.0}),
        ("the king: 100", {"the king": 100.0}),
        ('{"e": -2, "#3": null}', {"e": -2.0, "#3": None}),
        ({17: 1, "e": 0}, {"#17": 1.0, "e": 0.0}),
        ("", {}),
        (None, {}),
        ({}, {}),
    ],
)
def test_tokens_are_named_as_one_types_or_as_json(typed: Any, held: dict[str, float | None]) -> None:
    settings = DecodeSettings(logit_bias=typed)
    assert settings.to_dict()["logit_bias"] == held
    assert DecodeSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert DecodeSettings(logit_bias=str(settings.logit_bias)) == settings  # type: ignore[arg-type]
    assert settings.active() == (("logit_bias",) if held else ())


def test_tokens_get_the_ids_of_a_vocabulary() -> None:
    labels, texts = ("␣", "⏎", "e", "the"), (" ", "\n", "e", " the")
    for named in (" ", "␣", "#0", 0):
        settings = DecodeSettings(logit_bias={named: 1.0}).for_tokens(labels, texts)  # type: ignore[arg-type]
        assert settings.logit_bias.entries == ((0, 1.0),)
    assert DecodeSettings(logit_bias={" the": 1, "\n": 2}).for_tokens(labels, texts).logit_bias.entries == (  # type: ignore[arg-type]
        (3, 1.0),
        (1, 2.0),
    )
    for wrong, said in [({"th": 1}, "'th', which is none"), ({4: 1}, "below 4"), ({" ": 1, "#0": 2}, "#0")]:
        with pytest.raises(SettingError, match=said):
            DecodeSettings(logit_bias=wrong).for_tokens(labels, texts)
    with pytest.raises(SettingError, match="by ids where there is no vocabulary"):
        DecodeSettings(logit_bias="e: 1").logit_bias.by_id()  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in OUTSIDE for value in OUTSIDE[name]])
def test_what_is_out_of_range_is_refused(name: str, value: Any) -> None:
    with pytest.raises(SettingError, match=name):
        DecodeSettings(**{name: value})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in INSIDE for value in INSIDE[name]])
def test_what_is_legal_becomes_a_plain_number(name: str, value: Any) -> None:
    settings = DecodeSettings(**{name: value})
    number = getattr(settings, name)
    assert number == value
    assert type(number) is (int if NUMBERS[name].whole else float)
    assert DecodeSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_the_sentence_of_an_error() -> None:
    with pytest.raises(SettingError) as caught:
        DecodeSettings(top_p=1.2)
    assert str(caught.value) == "top_p must be in (0, 1], got 1.2; 1 turns it off"
    assert isinstance(caught.value, TextgenError)
    assert isinstance(caught.value, ValueError)


def test_a_long_value_is_cut_in_the_sentence() -> None:
    with pytest.raises(SettingError) as caught:
        DecodeSettings(temperature="9" * 1_000_000)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 250


def test_defaults_are_neutral() -> None:
    settings = DecodeSettings()
    assert settings.active() == ()
    assert settings.order == TEMPERATURE_FIRST
    assert all(getattr(settings, name) == one.neutral for name, one in PARAMETERS.items())


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DecodeSettings().temperature = 2  # type: ignore[misc]


def test_active_names_what_is_on_in_order() -> None:
    settings = DecodeSettings(temperature=0.5, top_k=3, no_repeat_ngram=2, order=TEMPERATURE_LAST)
    assert settings.active() == ("no_repeat_ngram", "top_k", "temperature")


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_may_be_given_by_name(name: str) -> None:
    assert DecodeSettings(order=name).order == ORDERS[name]  # type: ignore[arg-type]


@given(st.permutations(TEMPERATURE_LAST))
def test_any_permutation_is_an_order(order: list[str]) -> None:
    assert DecodeSettings(order=order).order == tuple(order)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "order",
    ["temperature", "", (), None, 3, TEMPERATURE_FIRST[:8], (*TEMPERATURE_FIRST, "top_k"), [[]], ["x"] * 10],
)
def test_anything_else_is_no_order(order: Any) -> None:
    with pytest.raises(SettingError, match=r"^order must be one of 'temperature first'"):
        DecodeSettings(order=order)


@pytest.mark.parametrize("known", ORDERS.values(), ids=ORDERS)
def test_an_order_of_before_a_stage_was_added_gets_it_where_it_belongs(known: tuple[str, ...]) -> None:
    first = [name for name in known if not STAGES[name].added_later]
    assert len(first) == 10
    for before in (first, [name for name in known if name in first or name == "xtc"]):
        assert DecodeSettings(order=before).order == known  # type: ignore[arg-type]


FIRST_TEN = [name for name in TEMPERATURE_LAST if not STAGES[name].added_later]


@given(st.permutations(FIRST_TEN))
def test_an_order_of_ones_own_gets_a_later_stage_behind_the_one_it_follows(before: list[str]) -> None:
    order = list(DecodeSettings(order=before).order)  # type: ignore[arg-type]
    assert [name for name in order if name in FIRST_TEN] == before
    if before not in ([name for name in known if name in FIRST_TEN] for known in ORDERS.values()):
        assert order[order.index("xtc") - 1] == "eta"
        assert order[0] == "logit_bias"


def test_an_exported_object_of_before_a_stage_was_added_is_read() -> None:
    before = DecodeSettings(top_k=5).to_dict()
    del before["xtc"]
    before["order"].remove("xtc")
    assert DecodeSettings.from_dict(before) == DecodeSettings(top_k=5)


def test_an_unknown_setting_is_refused_not_ignored() -> None:
    with pytest.raises(SettingError, match="unknown setting temprature; the settings are temperature, top_k"):
        DecodeSettings.from_dict({"temprature": 1})


def test_another_temperature_leaves_the_rest() -> None:
    assert DecodeSettings(top_k=5).at(0.3) == DecodeSettings(top_k=5, temperature=0.3)


@pytest.mark.parametrize("seed", [0, 1, MAX_SEED, 5.0, np.int64(3)])
def test_seeds(seed: Any) -> None:
    assert check_seed(seed) == seed
    assert type(check_seed(seed)) is int


def test_a_seed_may_come_as_its_digits() -> None:
    """A browser's numbers are doubles: 1798406481619217041 would arrive as …217000."""
    assert check_seed("1798406481619217041") == 1798406481619217041
    assert check_seed("5") == 5


@pytest.mark.parametrize(
    "seed", [-1, MAX_SEED + 1, 0.5, math.nan, True, "-1", "1e3", " 1", "²", "٣", "9" * 5_000, None]
)
def test_no_seeds(seed: Any) -> None:
    with pytest.raises(SettingError, match=r"^seed must be a whole number from 0 to 9,223"):
        check_seed(seed)


BEAM_OUTSIDE: list[tuple[str, Any]] = [
    *(("width", value) for value in (0, 65, 2.5, "3", None, True, math.nan)),
    *(("length", value) for value in (0, 1001, 1e9, -5, [3])),
    *(("length_penalty", value) for value in (10.1, -10.1, math.inf, math.nan, "1", True, None)),
    *(("early_stopping", value) for value in ("Never", "", 0, 1, None, 0.5)),
    *(("stops", value) for value in ("ab", 3, None, {1}, (-1,), (0.5,), ("a",), (True,))),
    *(("sampling", value) for value in (1, 0, "yes", None)),
    *(("seed", value) for value in (-1, MAX_SEED + 1, 0.5, "x")),
]


@pytest.mark.parametrize(("name", "value"), BEAM_OUTSIDE)
def test_beam_settings_refuse_with_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(SettingError) as caught:
        BeamSettings(**{name: value})
    assert str(caught.value).startswith(("a stop" if "a stop" in str(caught.value) else name) + " must be ")
    assert "; " in str(caught.value)


def test_beam_settings_become_plain_and_travel_as_json() -> None:
    typed: dict[str, Any] = {"width": np.int64(4), "length": 7.0, "length_penalty": 2, "stops": [3, 5, 3]}
    settings = BeamSettings(**typed, early_stopping="never", seed=9)
    assert settings == BeamSettings(
        width=4, length=7, length_penalty=2.0, early_stopping="never", stops=(3, 5), seed=9
    )
    assert type(settings.width) is type(settings.length) is int
    assert BeamSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize("kind", [DecodeSettings, BeamSettings])
def test_settings_come_from_objects_alone(kind: Any) -> None:
    for values in ([], "width", None, 3):
        with pytest.raises(SettingError, match="settings must be an object of names and values"):
            kind.from_dict(values)
    with pytest.raises(SettingError, match="unknown setting beams"):
        kind.from_dict({"beams": 3})


def test_a_number_too_long_to_write_out_is_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"top_k must be .* got a number of thousands of digits"):
        DecodeSettings(top_k=10**5000)


# ---- strategies


@pytest.mark.parametrize(
    ("strategy", "method", "greedy"),
    [
        (Strategy("s", DecodeSettings(top_k=3)), "sampling", False),
        (Strategy("s", DecodeSettings(temperature=0)), "greedy", True),
        (Strategy("s", DecodeSettings(), beams=2), "beam_sampling", False),
        (Strategy("s", DecodeSettings(temperature=0), beams=2), "beam_sampling", True),
        (Strategy("s", DecodeSettings(top_k=3), beams=2, sampling=False), "beam", True),
    ],
)
def test_a_strategy_is_one_of_four_methods_and_survives_json(
    strategy: Strategy, method: str, greedy: bool
) -> None:
    assert (strategy.method, strategy.greedy) == (method, greedy)
    assert strategy.method in METHODS
    assert METHODS[method].searches == bool(strategy.beams)
    assert strategy.at(0.5).temperature == (strategy.settings.temperature if greedy else 0.5)
    written = json.loads(json.dumps(strategy.to_dict()))
    assert ("beams" in written, "sampling" in written) == (strategy.beams > 0, method == "beam")
    assert Strategy.from_dict("s", written) == strategy


def test_a_strategy_says_how_its_beams_search() -> None:
    beams = Strategy("s", DecodeSettings(), beams=4, sampling=False)
    assert beams.search(9, 7, {5, 2}) == BeamSettings(width=4, length=9, seed=7, stops=(2, 5))
    assert Strategy("s", DecodeSettings(), beams=4).search(9, 7).sampling


@pytest.mark.parametrize("value", [0, None, "no", [True]])
def test_whether_a_search_draws_is_yes_or_no(value: Any) -> None:
    with pytest.raises(SettingError, match="sampling must be true or false"):
        Strategy("s", DecodeSettings(), 3, value)
    with pytest.raises(SettingError, match="sampling must be true or false"):
        Strategy.from_dict("s", {"beams": 3, "sampling": value})


def test_the_guides_four_are_strategies_with_a_name() -> None:
    assert [(one.temperature, one.strategy.name) for one in GUIDE] == [
        (0.2, "greedy"),
        (0.5, "top-p 0.9"),
        (0.8, "top-k 40"),
        (1.2, "top-p 0.95 + beam 3"),
    ]
    assert all(NAMED[one.strategy.name] is one.strategy for one in GUIDE)
    assert all(advice_on(one.strategy, one.temperature) == one.expect for one in GUIDE)


def test_a_strategy_with_a_further_stage_is_not_the_guides() -> None:
    assert advice_on(Strategy("a", DecodeSettings(top_k=40)), 0.8)
    assert advice_on(Strategy("a", DecodeSettings(top_k=40, order=TEMPERATURE_LAST)), 0.8)
    assert not advice_on(Strategy("a", DecodeSettings(top_k=40)), 0.7)
    assert not advice_on(Strategy("a", DecodeSettings(top_k=40, min_p=0.1)), 0.8)
    assert not advice_on(Strategy("a", DecodeSettings(top_k=40), beams=2), 0.8)
