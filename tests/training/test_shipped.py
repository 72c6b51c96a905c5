"""The shipped models' papers agree with each other; the figures themselves need the corpus."""

from __future__ import annotations

import csv
import re

import pytest
import torch

from textgen import generate
from textgen.models import folder as checkpoint
from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.models.registry import FIRST, SHIPPED, Registry
from textgen.training.recipe import Recipe, bundled, read_recipe

NAMES = Registry(SHIPPED).names()


def card(name: str) -> str:
    return (SHIPPED / name / "README.md").read_text(encoding="utf-8")


def test_all_ten_are_there() -> None:
    assert len(NAMES) == 10
    assert sorted(bundled()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_card_and_config_give_the_same_losses(name: str) -> None:
    config = Registry(SHIPPED).info(name).config
    window = config.recipe.window
    rows = re.findall(r"^\| (.+?) \| (\d+\.\d+) \| (\d+\.\d+) \|$", card(name), re.MULTILINE)
    nats = {how: float(figure) for how, figure, _ in rows}
    assert nats[f"windows of {window} from a zero state"] == config.losses.validation_windows
    assert nats["streamed, state carried"] == config.losses.validation_streamed
    bits = [config.losses.bits_per_character(float(figure)) for _, figure, _ in rows]
    assert [float(figure) for *_, figure in rows] == pytest.approx(bits, abs=1e-4)


@pytest.mark.parametrize("name", [name for name in NAMES if "-word-" in name])
def test_a_perplexity_stands_beside_the_share_of_unknown_words(name: str) -> None:
    unknown = Registry(SHIPPED).info(name).config.losses.unknown
    assert unknown is not None
    assert 0.03 < unknown < 0.06
    sentence = (
        rf"Perplexity, e to the nats: .* streamed; {unknown:.1%} of the words that validate are `<unk>`"
    )
    assert re.search(sentence, card(name))


def windows_loss(name: str) -> float:
    loss = Registry(SHIPPED).info(name).config.losses.validation_windows
    assert loss is not None
    return loss


@pytest.mark.parametrize(
    "name",
    [
        "shakespeare-char-lstm",
        "names-gpt",
        "novels-word-lstm",
        "novels-word-attention",
        "novels-word-multihead",
    ],
)
def test_model_reaches_its_target(name: str) -> None:
    target = Registry(SHIPPED).info(name).config.target
    assert target is not None
    assert 0 < windows_loss(name) <= target


@pytest.mark.parametrize("name", ["treasure-island-window", "names-microgpt"])
def test_training_ends_where_its_author_says(name: str) -> None:
    config = Registry(SHIPPED).info(name).config
    ours, theirs = config.losses.train_with_dropout, config.published.train_loss
    assert ours is not None
    assert theirs is not None
    assert 0 < ours <= theirs


def test_the_cells_come_in_their_order_at_equal_size() -> None:
    names = [f"shakespeare-char-{cell}" for cell in ("lstm", "gru", "rnn")]
    assert sorted(names, key=windows_loss) == names
    sizes = [Registry(SHIPPED).info(name).config.parameters or 0 for name in names]
    assert max(sizes) < 1.001 * min(sizes)


def test_all_folders_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 48_000_000


@pytest.mark.parametrize("name", NAMES)
@torch.inference_mode()
def test_the_shipped_weights_step_as_they_score(name: str) -> None:
    model = checkpoint.load(SHIPPED / name)
    ids = torch.tensor([model.tokenizer.encode(model.config.prompt or "the king is").ids])
    expected = model.net(ids)
    logits, state = model.net.prefill(ids[:, :1])
    for place, column in enumerate(ids.T[1:], start=1):
        torch.testing.assert_close(logits, expected[:, place - 1], rtol=0, atol=1e-4)
        logits, state = model.net.step(column, state)
    torch.testing.assert_close(logits, expected[:, -1], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_learned_is_known_and_noise_is_new(name: str) -> None:
    index = NoveltyIndex.load(SHIPPED / name / FILE)
    noise = " ".join(f"xq{number}zz" for number in range(300))
    assert index.novelty(noise, 1).share > 0.9  # a few pass for known
    model = checkpoint.load(SHIPPED / name)
    if not model.stops:  # a text of greedy words is made of words that were there
        assert index.novelty(generate(model, temperature=0, length=120).text, 1).share < 0.2


@pytest.mark.parametrize("name", NAMES)
def test_log_leads_to_the_kept_weights(name: str) -> None:
    config = Registry(SHIPPED).info(name).config
    training = config.training
    with (SHIPPED / name / "training_log.csv").open(newline="", encoding="utf-8") as file:
        rows = {int(row["step"]): row for row in csv.DictReader(file)}
    assert max(rows) == training.steps
    assert int(rows[max(rows)]["tokens"]) == training.tokens
    best = min(rows, key=lambda step: float(rows[step]["validation_loss"]))
    assert training.kept_step == (max(rows) if config.recipe.keep == "last" else best)


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(bundled())))
def test_bundled_recipe_is_the_one_that_made_the_model(name: str) -> None:
    kept = Registry(SHIPPED).info(name).config.recipe.values
    assert Recipe.from_json(kept) == read_recipe(name)


@pytest.mark.parametrize("name", NAMES)
def test_folder_holds_what_it_should_and_stays_small(name: str) -> None:
    folder = SHIPPED / name
    wanted = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "training_log.csv",
        "README.md",
        "ngrams.bin",
        "calibration.csv",
    }
    wanted |= {"opening.json"} if name == FIRST else set()
    assert {path.name for path in folder.iterdir()} == wanted
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12_000_000
    assert checkpoint.load(folder).net.parameter_count == checkpoint.read_config(folder).parameters
