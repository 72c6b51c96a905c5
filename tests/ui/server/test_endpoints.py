"""The named endpoints: the numbers of the library, and a sentence for every mistake."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from tests.tiny_models import save_random
from textgen import api
from textgen.errors import TextgenError
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.text.tokenizer import TextTokenizer
from textgen.ui.server.endpoints import Endpoints, Page

SETTINGS = {"temperature": 0.7, "top_k": 5}
HOSTILE_SETTINGS: list[tuple[Any, str]] = [
    ([], "settings must be an object such as {'top_k': 40}, got list"),
    ("top_k=4", "settings must be an object"),
    ({"top_q": 1}, "top_q"),
    ({"temperature": -1}, "temperature must be 0 or in"),
    ({"temperature": math.nan}, "temperature must be 0 or in"),
    ({"top_p": "all"}, "top_p must be in"),
    ({"order": ["top_k", "top_k"]}, "order must be"),
]
HOSTILE_MODELS: list[Any] = ["huge", "", "../tiny", "a\0b", None, 3, ["tiny"], {"model": "tiny"}]
HOSTILE_TEXTS: list[tuple[Any, str]] = [
    ("a" * 20_001, "at most 20,000 characters"),
    (None, "must be a text, got None"),
    (7, "must be a text, got 7"),
]


@pytest.fixture
def endpoints(registry: Registry) -> Endpoints:
    return Endpoints(registry)


class TestTheSameNumbersAsTheLibrary:
    def test_next_token(self, endpoints: Endpoints, tiny: Model) -> None:
        answer, expected = (
            endpoints.next_token("tiny", "bad", SETTINGS, 3),
            api.next_token(tiny, "bad", **SETTINGS),
        )
        assert [(each["token"], each["probability"]) for each in answer["tokens"]] == list(expected.top(3))
        assert [tiny.labels[each["id"]] for each in answer["tokens"]] == [
            label for label, _ in expected.top(3)
        ]
        assert answer["entropy_bits"] == expected.summary.entropy
        assert answer["effective_choices"] == expected.summary.choices
        assert (answer["tokens_kept"], answer["settings"]) == (5, expected.settings)

    def test_generate(self, endpoints: Endpoints, tiny: Model) -> None:
        answer = endpoints.generate("tiny", "bad", SETTINGS, 3, 20)
        expected = api.generate(tiny, "bad", seed=3, length=20, **SETTINGS)
        assert (answer["text"], answer["seed"]) == (expected.text, 3)
        assert answer["surprise_bits"] == [round(float(bits), 4) for bits in expected.surprisal]
        assert answer["settings"] == expected.settings

    def test_draw(self, endpoints: Endpoints, tiny: Model) -> None:
        answer = endpoints.draw("tiny", "bad", SETTINGS, 3, 500)
        expected = api.draw(tiny, "bad", [0.7], n=500, seed=3, settings=DecodeSettings.from_dict(SETTINGS))
        drawn = {str(token): count for token, count in enumerate(expected.counts[0].tolist()) if count}
        assert answer["counts"] == drawn
        assert {tiny.labels[one["id"]]: one["count"] for one in answer["tokens"]} == {
            one["token"]: drawn[str(one["id"])] for one in answer["tokens"]
        }
        assert list(answer["counts"].values()) == sorted(answer["counts"].values(), reverse=True)
        assert (answer["n"], answer["seed"], sum(answer["counts"].values())) == (500, 3, 500)

    def test_what_is_left_out_is_neutral(self, endpoints: Endpoints, tiny: Model) -> None:
        assert endpoints.next_token("tiny")["settings"] == DecodeSettings().to_dict()
        assert endpoints.generate("tiny")["text"] == api.generate(tiny).text
        assert endpoints.draw("tiny")["n"] == 100

    def test_what_was_drawn_is_there_no_more_often_than_it_can_be(self, endpoints: Endpoints) -> None:
        """Greedy: one token, every time."""
        assert list(endpoints.draw("tiny", "bad", {"temperature": 0}, 0, 1_000_000)["counts"].values()) == [
            1_000_000
        ]

    def test_what_the_model_does_not_know_is_named(self, endpoints: Endpoints, tiny: Model) -> None:
        """By the library, too; half a character is none that the model knows."""
        for text, unknown in (("ba🙂d", "🙂"), ("ba\ud800d", "\ufffd")):
            notes = [
                endpoints.next_token("tiny", text)["note"],
                endpoints.generate("tiny", text, length=1)["note"],
                endpoints.draw("tiny", text)["note"],
                api.generate(tiny, text, length=1).note,
                api.draw(tiny, text).note,
            ]
            assert notes == [f"Left out, since the model does not know them: {unknown}."] * 5
        assert endpoints.generate("tiny", "bad", length=1)["note"] == api.draw(tiny, "bad").note == ""

    def test_counts_are_those_of_tokens_however_alike_they_look(self, tmp_path: Path) -> None:
        """A space and a real ␣ of a text: no draw is lost."""
        save_random(tmp_path / "signs", TextTokenizer.characters("␣ a\n⏎"), seed=0)
        answer = Endpoints(Registry(tmp_path)).draw("signs", "a", {"temperature": 100}, 0, 10_000)
        assert sum(answer["counts"].values()) == 10_000
        assert len({one["token"] for one in answer["tokens"]}) == len(answer["counts"]) == 5


def calls(endpoints: Endpoints, model: Any = "tiny", text: Any = "bad", settings: Any = None) -> Any:
    """Each endpoint with the same arguments, ready to be called."""
    return [
        lambda: endpoints.next_token(model, text, settings),
        lambda: endpoints.generate(model, text, settings),
        lambda: endpoints.draw(model, text, settings),
    ]


class TestMistakes:
    @pytest.mark.parametrize(("settings", "sentence"), HOSTILE_SETTINGS)
    def test_settings(self, endpoints: Endpoints, settings: Any, sentence: str) -> None:
        for call in calls(endpoints, settings=settings):
            with pytest.raises(TextgenError) as refusal:
                call()
            assert sentence in str(refusal.value)

    @pytest.mark.parametrize("model", HOSTILE_MODELS)
    def test_models(self, endpoints: Endpoints, model: Any) -> None:
        for call in calls(endpoints, model=model):
            with pytest.raises(TextgenError, match="model"):
                call()

    @pytest.mark.parametrize(("text", "sentence"), HOSTILE_TEXTS)
    def test_texts(self, endpoints: Endpoints, text: Any, sentence: str) -> None:
        for call in calls(endpoints, text=text):
            with pytest.raises(TextgenError, match=sentence):
                call()

    @pytest.mark.parametrize("number", [0, -1, 10**12, 1.5, math.nan, math.inf, "many", None, True, [3]])
    def test_sizes(self, endpoints: Endpoints, number: Any) -> None:
        with pytest.raises(TextgenError, match="top must be a whole number from 1 to 1,000, got"):
            endpoints.next_token("tiny", "bad", None, number)
        with pytest.raises(TextgenError, match="length must be a whole number from 1 to 5,000, got"):
            endpoints.generate("tiny", "bad", None, 0, number)
        with pytest.raises(TextgenError, match="draws must be a whole number from 1 to 1,000,000, got"):
            endpoints.draw("tiny", "bad", None, 0, number)

    @pytest.mark.parametrize("seed", [-1, 2**63, 0.5, "x", None, math.nan])
    def test_seeds(self, endpoints: Endpoints, seed: Any) -> None:
        with pytest.raises(TextgenError, match="seed must be"):
            endpoints.generate("tiny", "bad", None, seed)
        with pytest.raises(TextgenError, match="seed must be"):
            endpoints.draw("tiny", "bad", None, seed)


def test_they_are_named_and_a_mistake_reaches_the_caller(registry: Registry) -> None:
    with Page() as page:
        Endpoints(registry).connect()
    events = {event.api_name: event for event in page.fns.values()}
    assert {"next_token", "generate", "draw"} <= {*events}
    answer = events["next_token"].fn
    assert answer is not None
    with pytest.raises(gr.Error, match="there is no model 'huge'"):
        answer("huge")
    given: list[Any] = ["tiny"]
    page.validate_inputs(events["draw"], given)
    assert given == ["tiny", "", None, 0, 100], "what a call leaves out is the default"
    page.validate_inputs(events["draw"], nothing := [])
    with pytest.raises(gr.Error, match="needs a model or numbers, got neither"):
        events["draw"].fn(*nothing)  # type: ignore[misc]


def test_an_event_with_too_few_values_is_answered_with_a_sentence() -> None:
    with Page() as page:
        box = gr.Textbox()
        box.change(str, box, box)
    (event,) = page.fns.values()
    with pytest.raises(gr.Error, match="this takes 1 values, got 0"):
        page.validate_inputs(event, [])
