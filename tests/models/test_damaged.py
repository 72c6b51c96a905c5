"""Model folders that are damaged, or made to do harm: each ends with a sentence and touches no other."""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.conftest import save_tiny_model
from textgen.errors import ModelError
from textgen.models import folder as checkpoint
from textgen.models.calibration import read_calibration
from textgen.models.log import read_log
from textgen.models.ngrams import NoveltyIndex
from textgen.models.reading import parse_object, read_start
from textgen.models.registry import Registry
from textgen.text.files import DEEPEST

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
# What Python and its libraries say of a mistake, and what is no help to who copied a folder.
PYTHON = re.compile(r"Traceback|Errno|codec|Expecting|NoneType|object has no|Error\(|Safetensor")
Damage = Callable[[Path], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_model(tmp_path / "models" / "own", "\n abc")


def config(**changes: Any) -> Damage:
    return lambda folder: rewrite(folder / CONFIG, lambda data: data | changes)


def sizes(**changes: Any) -> Damage:
    return lambda folder: rewrite(folder / CONFIG, lambda data: data | {"sizes": data["sizes"] | changes})


def tokenizer(**changes: Any) -> Damage:
    return lambda folder: rewrite(folder / TOKENIZER, lambda data: data | changes)


def vocabulary(changed: Callable[[dict[str, Any]], dict[Any, Any]]) -> Damage:
    return lambda folder: rewrite(
        folder / TOKENIZER,
        lambda data: data | {"model": data["model"] | {"vocab": changed(data["model"]["vocab"])}},
    )


def rewrite(path: Path, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path.write_text(json.dumps(changed(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def content(name: str, data: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(data)


def instead(name: str, make: Callable[[Path], Any]) -> Damage:
    """Something that is no file of the folder, where one is expected."""

    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return damage


def weight(value: float) -> Damage:
    def damage(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        tensors["embedding.weight"][1, 2] = value
        save_file(tensors, folder / WEIGHTS)

    return damage


def huge_weight(folder: Path) -> None:
    """Finite in float32, but sums of such numbers are not."""
    tensors = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
    tensors["embedding.weight"][1, 2] = 3e38
    save_file(tensors, folder / WEIGHTS)


def header(**entries: Any) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


def replace(pattern: Any, with_text: Any) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": with_text}


def split(pattern: Any) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


LINKS: dict[str, Callable[[Path], Any]] = {
    "device": lambda path: path.symlink_to("/dev/zero"),
    "outside": lambda path: path.symlink_to(__file__),
    "circle": lambda path: path.symlink_to(path.name),
    "nowhere": lambda path: path.symlink_to("gone"),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
}
DAMAGES: dict[str, tuple[Damage, str]] = {
    "no heads": (config(architecture="gpt", sizes={"vocab_size": 5, "heads": 0}), "sizes.heads must be"),
    "no width": (config(architecture="attention_lstm", sizes={"vocab_size": 5, "width": 0}), "sizes.width"),
    "nothing hidden": (sizes(hidden=0), "sizes.hidden must be a whole number from 1"),
    "a million layers": (sizes(layers=1_000_000), "1000000 layers, model.safetensors has"),
    "a wide net": (sizes(hidden=1_000_000), "must be 4000000 × 8, got 64 × 8"),
    "a wide GPT": (config(architecture="gpt", sizes={"vocab_size": 5, "width": 10**6}), "does not hold this"),
    "another size": (sizes(hidden=17), "does not hold this net's weights"),
    "a size of text": (sizes(hidden="16"), "sizes.hidden must be a whole number"),
    "a huge size": (sizes(hidden=10**400), "sizes.hidden must be a whole number"),
    "deep JSON": (content(CONFIG, b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"), f"at most {DEEPEST} deep"),
    "deepest JSON": (content(CONFIG, b'{"a":' + b"[" * 100_000), f"at most {DEEPEST} deep"),
    "a number without end": (content(CONFIG, b'{"a":' + b"1" * 5_000 + b"}"), "thousands of digits"),
    "bytes": (content(CONFIG, b'{"a": "\xff"}'), "byte 8 is not UTF-8"),
    "no JSON": (content(CONFIG, b'{\n"a": 1,}'), "line 2, column 8 is not JSON"),
    "a large config": (content(CONFIG, b" " * 1_000_001), "must have at most 1,000,000 bytes, got 1,000,001"),
    "no pre-tokenizer": (tokenizer(pre_tokenizer=None), "pre_tokenizer must be an object, got None"),
    "a pattern that panics": (tokenizer(pre_tokenizer=split("(a+)+$")), r"got \(a\+\)\+\$"),
    "no pattern": (tokenizer(pre_tokenizer=split("(")), r"got \("),
    "endless growth": (
        tokenizer(normalizer={"type": "Sequence", "normalizers": [replace("_", "__")] * 40}),
        "at most 64 characters of one",
    ),
    "a normaliser of nothing": (tokenizer(normalizer=replace("", "a")), "none that this program writes"),
    "another normaliser": (tokenizer(normalizer={"type": "Prepend", "prepend": "a"}), "got Prepend"),
    "a normaliser of text": (tokenizer(normalizer="lower"), "normalizer must be an object"),
    "added tokens": (tokenizer(added_tokens=[{"id": 9, "content": "b"}]), "added_tokens must be empty"),
    "another model": (
        tokenizer(model={"type": "Unigram"}),
        "model.type must be WordLevel or BPE, got Unigram",
    ),
    "an empty word": (
        vocabulary(lambda words: {"": words.pop("a"), **words}),
        "1 to 1,000 characters, got 0",
    ),
    "a gap in the ids": (vocabulary(lambda words: words | {"a": 70_000}), "must be 0 to 4, each once"),
    "ids of text": (vocabulary(lambda words: {word: str(i) for word, i in words.items()}), "each once"),
    "no words": (vocabulary(lambda words: {}), "must have 1 to 1,000,000 tokens, got 0"),
    "half a character": (vocabulary(lambda words: words | {"\ud800": 5}), "no tokenizer"),
    "a list of words": (content(TOKENIZER, b"[]"), "tokenizer.json cannot be read .it is not a JSON object"),
    "NaN": (weight(float("nan")), "not finite, in embedding.weight"),
    "an infinity": (weight(-float("inf")), "not finite, in embedding.weight"),
    "numbers too large": (huge_weight, r"beyond ±65,504, in embedding.weight"),
    "no weights": (content(WEIGHTS, b""), "header is damaged or not all there"),
    "half the weights": (lambda folder: os.truncate(folder / WEIGHTS, 2_000), "damaged or not all there"),
    "a long header": (content(WEIGHTS, struct.pack("<Q", 2**60) + b"{}"), "header is damaged"),
    "a header of text": (content(WEIGHTS, header(a="b")), "a has no shape"),
    "a huge tensor": (
        content(WEIGHTS, header(a={"dtype": "F16", "shape": [10**9, 10**9], "data_offsets": [0, 2]})),
        "does not hold this net's weights",
    ),
    "whole numbers": (
        content(WEIGHTS, header(a={"dtype": "I64", "shape": [1], "data_offsets": [0, 8]})),
        "must be of F16, BF16, F32, got I64",
    ),
    **{
        f"{name} is a {kind}": (instead(name, make), f"{name} cannot be read")
        for name in (CONFIG, TOKENIZER, WEIGHTS)
        for kind, make in LINKS.items()
    },
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_a_sentence_and_its_neighbour_stands(folder: Path, damage: str) -> None:
    harm, says = DAMAGES[damage]
    save_tiny_model(folder.parent / "good", "\n abc")
    harm(folder)
    registry = Registry(folder.parent)
    with pytest.raises(ModelError, match=says) as caught:
        checkpoint.load(folder)
    assert "train or copy the model again" in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
    assert not PYTHON.search(str(caught.value))
    assert "good" in registry.names()
    assert registry.get("good").name == "good"


@pytest.mark.parametrize("kind", LINKS)
def test_what_only_describes_a_model_is_left_out_where_it_is_no_file(folder: Path, kind: str) -> None:
    for name in ("calibration.csv", "training_log.csv", "ngrams.bin", "README.md"):
        instead(name, LINKS[kind])(folder)
    assert read_calibration(folder) is None
    assert read_log(folder / "training_log.csv") is None
    for read in (NoveltyIndex.load, lambda path: read_start(path, 9)):
        with pytest.raises(ModelError, match="cannot be read"):
            read(folder / "ngrams.bin")


def test_a_link_within_the_folder_and_one_to_the_folder_are_followed(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "weights")
    (folder / WEIGHTS).symlink_to("weights")
    (folder.parent / "linked").symlink_to(folder)
    assert checkpoint.load(folder.parent / "linked").net.vocab_size == 5


ODD: tuple[dict[str, Any], ...] = (
    {"losses": [1]},
    {"losses": {"validation_windows_x": 1}},
    {"recipe": "text"},
    {"recipe": {"window": "x", "log": {"window": -5}, "temperatures": "no"}},
    {"recipe": {"log": {"window": 10**12}}},
    {"dropout": 0.5, "net": 7},
    {"novelty": [], "calibration": "x", "training": None, "title": {"a": 1}},
)


@pytest.mark.parametrize("changes", ODD, ids=str)
def test_odd_facts_hinder_nobody(folder: Path, changes: dict[str, Any]) -> None:
    config(**changes)(folder)
    model = checkpoint.load(folder)
    assert model.config.recipe.window is None
    assert Registry(folder.parent).info("own").title == "own"


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path, tiny: checkpoint.Model) -> None:
    net = checkpoint.build(tiny.config.architecture, tiny.config.sizes)
    for value in (float("nan"), 70_000.0):
        with torch.no_grad():
            next(net.parameters())[0] = value
        with pytest.raises(ModelError, match="not finite in float16"):
            checkpoint.save(tmp_path, net, tiny.tokenizer, tiny.config)
    assert not list(tmp_path.iterdir())


def test_objects_may_be_as_deep_as_they_are_said_to_be() -> None:
    for depth, well in ((DEEPEST, True), (DEEPEST + 1, False)):
        data = b'{"a":' * depth + b"1" + b"}" * depth
        if well:
            assert parse_object(data)
        else:
            with pytest.raises(ValueError, match="deep"):
                parse_object(data)
