"""The library on a tiny random model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textgen import api
from textgen.errors import ModelError, SettingError, TextError, TextgenError
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.nets.base import ids_tensor
from textgen.records import Step
from textgen.settings import DecodeSettings
from textgen.text.numbers import parse_numbers


class TestLoad:
    def test_by_name(self, registry: Registry) -> None:
        assert api.load("tiny", registry) is registry.get("tiny")

    @pytest.mark.parametrize("kind", [str, Path])
    def test_by_folder(self, models_folder: Path, kind: type) -> None:
        assert api.load(kind(models_folder / "tiny"), Registry(Path("nowhere"))).name == "tiny"

    def test_by_environment(self, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TEXTGEN_MODELS", str(models_folder))
        assert api.load("tiny").name == "tiny"

    @pytest.mark.parametrize("name", ["", "huge", "../tiny/nothing", "a\0b", "x" * 10_000, "<img onerror>"])
    def test_unknown_names_are_answered_with_the_known(self, registry: Registry, name: str) -> None:
        with pytest.raises(ModelError) as refusal:
            api.load(name, registry)
        assert "tiny" in str(refusal.value)
        assert len(str(refusal.value)) < 200

    def test_a_missing_folder(self, registry: Registry) -> None:
        with pytest.raises(ModelError, match="there is no model folder"):
            api.load(Path("nowhere"), registry)

    def test_a_foreign_folder(self, registry: Registry, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="is not a usable model folder"):
            api.load(str(tmp_path), registry)


class TestContext:
    def test_known_text(self, tiny: Model) -> None:
        read = api.read_context(tiny, "bad cab")
        assert tiny.tokenizer.decode(read.ids) == "bad cab"
        assert read.note == ""

    def test_an_empty_context_reads_the_start_and_says_so(self, tiny: Model) -> None:
        read = api.read_context(tiny, "")
        assert tiny.tokenizer.decode(read.ids) == tiny.start == "\n"
        assert read.note == "The context is empty: the model reads ⏎ instead, where its texts begin."
        assert read.encoded.pieces == ()

    def test_unknown_characters_are_named_and_left_out(self, tiny: Model) -> None:
        read = api.read_context(tiny, "a😀b\0\u202ez😀")
        assert tiny.tokenizer.decode(read.ids) == "ab"
        assert read.note == "Left out, since the model does not know them: 😀, U+0000, U+202E, z."

    def test_many_unknown_characters_are_counted(self, tiny: Model) -> None:
        assert api.read_context(tiny, "aijklmnopqrstuv").note.endswith(
            "i, j, k, l, m, n, o, p, q, r and 4 more."
        )

    def test_nothing_known_is_the_start_with_another_sentence(self, tiny: Model) -> None:
        read = api.read_context(tiny, "xyz")
        assert read.ids == api.read_context(tiny, "").ids
        assert read.note.startswith("Nothing of the context is known to the model: the model reads ⏎")
        assert read.note.endswith("x, y, z.")

    def test_the_longest(self, tiny: Model) -> None:
        assert len(api.read_context(tiny, "a" * 20_000).ids) == 20_000

    @pytest.mark.parametrize("size", [20_001, 1_000_000])
    def test_too_long(self, tiny: Model, size: int) -> None:
        with pytest.raises(TextError, match=f"at most 20,000 characters, got {size:,}; keep its end"):
            api.read_context(tiny, "a" * size)

    @pytest.mark.parametrize("text", [None, 3, ["a"], {"a": 1}, b"abc"])
    def test_what_is_no_text(self, tiny: Model, text: Any) -> None:
        with pytest.raises(TextError, match="the context must be a text"):
            api.read_context(tiny, text)


class TestNextToken:
    def test_logits_are_the_nets(self, tiny: Model) -> None:
        ids = tiny.tokenizer.encode("bad").ids
        with torch.no_grad():
            expected = tiny.net.forward(ids_tensor(ids))[0, -1].numpy()
        prediction = api.predict(tiny, "bad")
        assert prediction.logits.dtype == np.float32
        assert prediction.logits == pytest.approx(expected, abs=1e-6)
        assert prediction.labels == tiny.tokenizer.labels
        assert (prediction.model, prediction.context.ids) == ("tiny", ids)

    def test_nothing_is_changed_that_was_not_asked_for(self, tiny: Model) -> None:
        weights = np.exp(api.predict(tiny, "bad").logits.astype(float))
        assert api.next_token(tiny, "bad").probabilities == pytest.approx(weights / weights.sum(), abs=1e-12)

    def test_settings_by_name_and_as_one(self, tiny: Model) -> None:
        named = api.next_token(tiny, "bad", temperature=0.5, top_k=3)
        together = api.next_token(tiny, "bad", DecodeSettings(temperature=0.5, top_k=9), top_k=3)
        assert named.summary.kept == 3
        assert named.probabilities.tolist() == together.probabilities.tolist()

    def test_typed_in_numbers_stand_for_a_model(self) -> None:
        result = api.next_token(parse_numbers("0.726, 0.15"), temperature=0.5)
        assert result.probabilities[0] / result.probabilities[1] == pytest.approx(23.4256, rel=1e-6)

    def test_penalties_see_what_the_writer_sees(self, tiny: Model) -> None:
        """The first step of writing has the distribution that next_token shows, for an empty prompt too."""
        settings = DecodeSettings(repetition_penalty=50.0)
        for prompt in ("", "bad"):
            shown = api.next_token(tiny, prompt, settings).probabilities
            step = next(api.write(tiny, prompt, [settings], [0], 1))
            assert step.decoded[0] == pytest.approx(shown[step.ids[0]], abs=1e-6)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("temperature", math.nan),
            ("temperature", -1),
            ("temperature", 1e9),
            ("top_p", 0),
            ("top_p", 2),
            ("top_k", -1),
            ("top_k", 10**12),
            ("order", "backwards"),
        ],
    )
    def test_bad_settings(self, tiny: Model, name: str, value: Any) -> None:
        with pytest.raises(SettingError, match=f"^{name} must be .*, got .*; "):
            api.next_token(tiny, "bad", **{name: value})

    def test_a_top_k_above_the_vocabulary_keeps_all(self, tiny: Model) -> None:
        assert api.next_token(tiny, "bad", top_k=1000).summary.kept == 12

    @pytest.mark.parametrize("settings", ["hot", {"top_k": 1}, 3])
    def test_settings_of_another_kind(self, tiny: Model, settings: Any) -> None:
        with pytest.raises(SettingError, match="settings must be a DecodeSettings, got"):
            api.next_token(tiny, "bad", settings)

    def test_unknown_settings(self, tiny: Model) -> None:
        with pytest.raises(SettingError, match="unknown setting temprature"):
            api.next_token(tiny, "bad", temprature=1)


class TestGenerate:
    def test_the_record_is_all_that_repeats_it(self, tiny: Model) -> None:
        clock = iter([10.0, 12.5])
        first = api.generate(tiny, "bad", temperature=0.8, seed=5, length=30, clock=lambda: next(clock))
        again = api.generate(
            tiny, first.prompt, settings=DecodeSettings.from_dict(first.settings), seed=first.seed, length=30
        )
        assert first.text == again.text == tiny.tokenizer.decode(first.ids)
        assert len(first.ids) == len(first.surprisal) == 30
        assert (first.model, first.seconds) == ("tiny", 2.5)

    def test_surprise_is_that_of_the_model_as_learned(self, tiny: Model) -> None:
        result = api.generate(tiny, "bad", temperature=0.3, length=3)
        text = "bad"
        for token, bits in zip(result.ids, result.surprisal, strict=True):
            learned = api.next_token(tiny, text).probabilities[token]
            assert bits == pytest.approx(-math.log2(learned), abs=1e-4)
            text += tiny.tokenizer.texts[token]

    def test_greedy_takes_the_top_token_each_time(self, tiny: Model) -> None:
        text = "bad"
        for _ in range(5):
            text += api.next_token(tiny, text).top(1)[0][0].replace("␣", " ").replace("⏎", "\n")
        assert api.generate(tiny, "bad", temperature=0, length=5).text == text[3:]

    def test_seeds_and_temperatures_matter(self, tiny: Model) -> None:
        texts = {api.generate(tiny, seed=s, temperature=t).text for s in (0, 1) for t in (0.5, 1.0)}
        assert len(texts) == 4

    @pytest.mark.parametrize("length", [0, -1, 5001, 10**12, 1.5, math.nan, "long", None])
    def test_bad_lengths(self, tiny: Model, length: Any) -> None:
        with pytest.raises(SettingError, match="length must be a whole number from 1 to 5,000"):
            api.generate(tiny, length=length)

    @pytest.mark.parametrize("seed", [-1, 2**63, math.inf, "luck"])
    def test_bad_seeds(self, tiny: Model, seed: Any) -> None:
        with pytest.raises(SettingError, match="seed must be"):
            api.generate(tiny, seed=seed)


def ids_of(steps: list[Step], row: int = 0) -> tuple[int, ...]:
    return tuple(int(step.ids[row]) for step in steps)


class TestWrite:
    SETTINGS = (DecodeSettings(temperature=0.2), DecodeSettings(temperature=1.2, top_k=5))

    def test_each_text_is_the_same_beside_others_and_alone(self, tiny: Model) -> None:
        steps = list(api.write(tiny, "bad", self.SETTINGS, [7, 7], 40))
        for row, settings in enumerate(self.SETTINGS):
            assert ids_of(steps, row) == api.generate(tiny, "bad", settings=settings, seed=7, length=40).ids

    def test_a_text_goes_on_as_if_it_had_never_stopped(self, tiny: Model) -> None:
        whole = list(api.write(tiny, "bad", self.SETTINGS, [7, 8], 40))
        part = whole[:15]
        read = [api.read_context(tiny, "bad").ids + ids_of(part, row) for row in range(2)]
        rest = list(api.write(tiny, read, self.SETTINGS, [7, 8], 25, start=15))
        for row in range(2):
            assert ids_of(part, row) + ids_of(rest, row) == ids_of(whole, row)

    def test_mistakes_show_at_the_call(self, tiny: Model) -> None:
        with pytest.raises(SettingError):
            api.write(tiny, "bad", self.SETTINGS, [0, 0], 10**6)

    @pytest.mark.parametrize("prompts", [[], [[1, 2]], [[1], [1, 2]], [[], []], [[1], [12]], [[1], [-1]]])
    def test_prompts_that_do_not_fit(self, tiny: Model, prompts: Any) -> None:
        with pytest.raises(TextError, match="2 texts of one length above 0"):
            api.write(tiny, prompts, self.SETTINGS, [0, 0], 5)

    @pytest.mark.parametrize(("settings", "seeds"), [(0, 0), (65, 65), (2, 1), (1, 2)])
    def test_numbers_of_streams_that_do_not_fit(self, tiny: Model, settings: int, seeds: int) -> None:
        with pytest.raises(SettingError):
            api.write(tiny, "bad", [DecodeSettings()] * settings, [0] * seeds, 5)


class TestDraw:
    def test_draws_come_from_next_token(self, tiny: Model) -> None:
        record = api.draw(tiny, "bad", [0.5, 2.0], 1000, 3, top_k=4)
        assert record.temperatures == (0.5, 2.0)
        assert record.counts.sum(axis=1).tolist() == [1000, 1000]
        for row, temperature in enumerate(record.temperatures):
            truth = api.next_token(tiny, "bad", temperature=temperature, top_k=4).probabilities
            assert record.probabilities[row] == pytest.approx(truth, abs=1e-12)

    def test_settings_as_one(self, tiny: Model) -> None:
        record = api.draw(tiny, "bad", n=10, settings=DecodeSettings(top_k=1, temperature=2.0))
        assert record.temperatures == (1.0,)
        assert record.counts.max() == 10

    def test_typed_in_numbers(self) -> None:
        assert api.draw(parse_numbers("a: 1, b: 0"), n=10).counts.tolist() == [[10, 0]]

    @pytest.mark.parametrize(
        "mistake",
        [
            {"n": 0},
            {"n": 10**12},
            {"temperatures": []},
            {"temperatures": [math.nan]},
            {"seed": -1},
            {"top_q": 1},
        ],
    )
    def test_mistakes(self, tiny: Model, mistake: dict[str, Any]) -> None:
        with pytest.raises(TextgenError):
            api.draw(tiny, "bad", **mistake)
