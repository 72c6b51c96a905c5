"""What the commands print."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from tests.cli.running import COIN, Command, cells
from textgen import api
from textgen.cli import main
from textgen.cli.console import Console, plain
from textgen.cli.tables import percent, table
from textgen.models.folder import Model
from textgen.models.registry import SHIPPED
from textgen.settings import DecodeSettings


class TestNext:
    def test_columns_stand_side_by_side(self, textgen: Command) -> None:
        rows = cells(textgen("next", "--numbers", "0.726, 0.15", *"-t 0.5 -t 1 -t 2".split()).out)
        assert rows[:3] == [
            ["token", "T = 0.5", "T = 1", "T = 2"],
            ["1", "95.91%", "82.88%", "68.75%"],
            ["2", "4.09%", "17.12%", "31.25%"],
        ]
        assert rows[4] == ["entropy (bits)", "0.247", "0.661", "0.896"]
        assert rows[7] == ["tokens kept", "2", "2", "2"]

    def test_tokens_keep_one_order_and_the_tail_is_named(self, textgen: Command) -> None:
        rows = cells(textgen("next", "--numbers", "c: 1, a: 3, b: 2", "--top", "2").out)
        assert [row[0] for row in rows[1:4]] == ["a", "b", "… 1 more token"]

    def test_removed_tokens_show_a_dash(self, textgen: Command) -> None:
        assert cells(textgen("next", *COIN, "--top-k", "1").out)[2] == ["tails", "–"]

    def test_a_models_columns_are_the_librarys(self, textgen: Command, tiny: Model) -> None:
        result = textgen("next", "bad", "-t", "0.5", "--min-p", "0.2", "--json").json
        expected = api.next_token(tiny, "bad", temperature=0.5, min_p=0.2)
        assert result["panels"][0]["probabilities"] == pytest.approx(expected.probabilities.tolist())
        assert result["labels"] == list(tiny.tokenizer.labels)
        assert (result["model"], result["context"]) == ("tiny", "bad")

    def test_notes_stand_beside_the_result(self, textgen: Command) -> None:
        result = textgen("next", "aZ")
        assert "does not know them: Z" in result.err
        assert "Z" not in result.out

    def test_the_trace_says_what_each_stage_did(self, textgen: Command) -> None:
        numbers = ("--numbers", "a: 0.5, b: 0.3, c: 0.2")
        out = textgen("next", *numbers, "--top-p", "0.7", "--min-p", "0.01", "--trace").out
        assert cells(out.split("T = 1\n")[-1]) == [
            ["stage", "tokens left", "removed"],
            ["raw", "3", "–"],
            ["top_p", "2", "20.00%"],
            ["min_p", "2", "–", "no effect here"],
        ]

    def test_hostile_labels_stay_text(self, textgen: Command) -> None:
        out = textgen("next", "--numbers", "\x1b[2J: 0.5\n${7*6}: 0.5").out
        assert "U+001B[2J" in out
        assert "${7*6}" in out
        assert "\x1b" not in out


class TestSample:
    def test_one_text_is_the_prompt_and_what_generate_writes(self, textgen: Command, tiny: Model) -> None:
        result = textgen("sample", "-p", "bad", "-t", "0.5", "--seed", "3", "-l", "40")
        assert result.out == "bad" + api.generate(tiny, "bad", temperature=0.5, seed=3, length=40).text + "\n"
        assert result.err == "seed 3\n"

    def test_the_prompt_needs_no_name(self, textgen: Command) -> None:
        line = ["--seed", "3", "-l", "5"]
        assert textgen("sample", "bad", *line).out == textgen("sample", "--prompt", "bad", *line).out
        assert textgen("sample", "bad", *line).out.startswith("bad")

    def test_several_are_headed_by_their_temperature(self, textgen: Command, tiny: Model) -> None:
        out = textgen("sample", *"-p bad -t 0.2 -t 1.2 --seed 3 -l 40".split()).out
        blocks = re.split(r"── T = (.*) ──\n", out)
        assert blocks[1::2] == ["0.2", "1.2"]
        for temperature, block in zip((0.2, 1.2), blocks[2::2], strict=True):
            text = api.generate(tiny, "bad", temperature=temperature, seed=3, length=40).text
            assert block == f"bad{text}\n\n"

    def test_a_new_seed_is_shown_and_repeats_the_text(self, textgen: Command) -> None:
        new = textgen("sample", "-p", "bad")
        assert new.err == "seed 4242 (repeat with --seed 4242)\n"
        assert textgen("sample", "-p", "bad", "--seed", "4242").out == new.out

    def test_json_holds_all_that_repeats_it(self, textgen: Command, tiny: Model) -> None:
        (pane,) = textgen("sample", *"-p bad --top-k 4 -l 20 --json".split()).json
        settings = DecodeSettings.from_dict(pane["settings"])
        again = api.generate(tiny, pane["prompt"], settings=settings, seed=pane["seed"], length=20)
        assert pane["text"] == again.text
        assert pane["surprise_bits"] == pytest.approx(again.surprisal.tolist())

    def test_text_appears_as_it_is_written(
        self, models_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Watched(io.StringIO):
            def flush(self) -> None:
                lengths.append(len(self.getvalue()))

        lengths: list[int] = []
        monkeypatch.setenv("TEXTGEN_MODELS", str(models_folder))
        main(["sample", "-p", "bad", "-l", "5"], Console(Watched(), io.StringIO(), lambda: 0))
        assert lengths[:6] == [3, 4, 5, 6, 7, 8]


class TestDraw:
    def test_counts_beside_what_to_expect(self, textgen: Command) -> None:
        rows = cells(textgen("draw", *COIN, "-n", "400", "--seed", "1").out)
        assert rows[0] == ["T = 1, 400 draws"]
        assert rows[1] == ["token", "probability", "expected", "±2σ", "drawn"]
        assert rows[2][:4] == ["heads", "75.00%", "300.0", "282.7 to 317.3"]
        assert int(rows[2][4]) + int(rows[3][4]) == 400
        assert re.search(
            r"variation\) 0\.\d{4}; chi-squared \d+\.\d\d, 1 degrees of freedom, p = ", rows[4][0]
        )

    def test_the_tail_holds_the_rest(self, textgen: Command) -> None:
        rows = cells(textgen("draw", "bad", "-n", "1000", "--top", "3").out)
        assert sum(int(row[-1]) for row in rows[2:6]) == 1000

    def test_few_draws_are_not_tested(self, textgen: Command) -> None:
        assert "too few draws for a chi-squared test" in textgen("draw", *COIN, "-n", "3").out

    def test_json(self, textgen: Command) -> None:
        result = textgen("draw", *COIN, *"-n 1000000 -t 0.5 -t 2 --json".split()).json
        assert result["seed"] == 4242
        assert [panel["temperature"] for panel in result["panels"]] == [0.5, 2]
        assert [sum(panel["counts"]) for panel in result["panels"]] == [1_000_000] * 2
        assert all(panel["chi_squared"]["p_value"] > 1e-4 for panel in result["panels"])

    def test_a_certain_token_has_json_too(self, textgen: Command) -> None:
        assert textgen("draw", *COIN, "-t", "0", "--json").json["panels"][0]["counts"] == [100, 0]


class TestModels:
    def test_a_table(self, textgen: Command) -> None:
        rows = cells(textgen("models").out)
        assert rows[0] == ["model", "network", "parameters", "loss on new text", "bits per character"]
        assert rows[1][:2] == ["tiny", "lstm"]

    def test_losses_of_all_levels_in_the_unit_that_they_share(self, textgen: Command) -> None:
        rows = {row[0]: row[3:] for row in cells(textgen("models", "--models", str(SHIPPED)).out)}
        assert rows["shakespeare-char-lstm"] == ["1.4241 nats per character", "2.055"]
        assert rows["shakespeare-subword-lstm"] == ["3.2994 nats per subword", "2.106"]
        assert rows["novels-word-lstm"] == ["4.0984 nats per word", "1.361"]

    def test_json(self, textgen: Command) -> None:
        assert textgen("models", "--json").json["tiny"]["sizes"]["hidden"] == 16

    def test_an_empty_folder(self, textgen: Command, tmp_path: Path) -> None:
        result = textgen("models", "--models", str(tmp_path))
        assert (result.code, result.out) == (0, "")
        assert "there are no models in" in result.err

    def test_a_damaged_model_is_named_and_the_others_stay(self, textgen: Command, tmp_path: Path) -> None:
        for name, config in {"bad": "{", "good": '{"architecture": "lstm", "parameters": 1234}'}.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "config.json").write_text(config)
        result = textgen("models", "--models", str(tmp_path))
        assert cells(result.out)[1:] == [["bad", *"????"], ["good", "lstm", "1,234", "?", "?"]]
        assert "bad is not a usable model folder: config.json cannot be read" in result.err


class TestTables:
    def test_wide_and_combining_characters_keep_the_columns(self) -> None:
        lines = table([("日", "1"), ("e\N{COMBINING ACUTE ACCENT}", "22")]).splitlines()
        assert lines == ["日    1", "e\N{COMBINING ACUTE ACCENT}    22"]

    @pytest.mark.parametrize(
        ("share", "text"),
        [
            (1, "100.00%"),
            (0.5, "50.00%"),
            (5e-4, "0.05%"),
            (1.23e-5, "0.0012%"),
            (1e-9, "1e-07%"),
            (0, "–"),
            (5e-324, "4.9e-322%"),
        ],
    )
    def test_a_possible_token_is_never_shown_as_0_percent(self, share: float, text: str) -> None:
        assert percent(share) == text

    def test_nothing_written_commands_the_terminal(self) -> None:
        assert (
            plain("a\x1b[31m\r\0b\n\té😀")
            == "a\N{REPLACEMENT CHARACTER}[31m" + "\N{REPLACEMENT CHARACTER}" * 2 + "b\n\té😀"
        )
