"""Folders of Hugging Face's become models whose logits are those of transformers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tests.importing.conftest import Import, check_agreement, import_source, some_ids
from textgen.decoding.stream import Stream, generate
from textgen.errors import TextgenError
from textgen.settings import DecodeSettings
from textgen.text.subwords import FOREIGN, subword_tokenizer

V = 290
END = "<|endoftext|>"
TEXT = "The king is dead, long live the king's queen.\n\nÀ café!\n" * 9
SMALL: dict[str, Any] = {
    "vocab_size": V,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 256,
    "bos_token_id": 280,
    "eos_token_id": 280,
}
GPT2: dict[str, Any] = {
    "vocab_size": V,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "bos_token_id": 280,
    "eos_token_id": 280,
}
NETS: Mapping[str, Callable[[], Any]] = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(n_positions=256, **GPT2)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SMALL)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(tie_word_embeddings=True, **SMALL)),
}


def tokenizer_json(pattern: str | None = None) -> dict[str, Any]:
    """280 subwords as GPT-2 or, with a pattern, Llama and Qwen cut them, and a special token."""
    tokenizer = subword_tokenizer([TEXT], 280)
    if pattern is None:
        tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    tokenizer.add_special_tokens([END])
    data = json.loads(tokenizer.to_str())
    if pattern is not None:
        data["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern
    return data


def saved(kind: str, folder: Path, tokenizer: Any = None) -> Any:
    """A random net in a folder, as transformers saves it."""
    torch.manual_seed(0)
    net = NETS[kind]().eval()
    net.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer or tokenizer_json()), encoding="utf-8")
    return net


@pytest.mark.parametrize("kind", NETS)
def test_it_scores_as_transformers_does(kind: str, tmp_path: Path, imported: Import) -> None:
    net, ids = saved(kind, tmp_path / "theirs"), some_ids(V)
    with torch.no_grad():
        theirs = net(ids).logits
    model = imported(tmp_path / "theirs")
    check_agreement(model, ids, theirs)
    assert model.labels[280] == END
    assert (model.stops, model.start, model.tokenizer.level) == ({280}, END, "subword")


def test_beyond_its_window_it_sees_the_last_tokens(tmp_path: Path, imported: Import) -> None:
    theirs = GPT2LMHeadModel(GPT2Config(n_positions=12, **GPT2)).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    (tmp_path / "theirs" / "tokenizer.json").write_text(json.dumps(tokenizer_json()), encoding="utf-8")
    model, ids = imported(tmp_path / "theirs"), some_ids(V, 30)
    with torch.no_grad():
        windows = [theirs(ids[:, max(0, end - 12) : end]).logits[:, -1:] for end in range(1, 31)]
    check_agreement(model, ids, torch.cat(windows, dim=1))


def test_a_row_alone_is_the_same_in_company(tmp_path: Path, imported: Import) -> None:
    saved("llama", tmp_path / "theirs")
    net, ids = imported(tmp_path / "theirs").net, some_ids(V, 60).view(3, 20)
    logits, state = net.prefill(ids[:, :10])
    state = net.select(state, torch.tensor([2, 0, 1]))
    for place in range(10, 20):
        logits, state = net.step(ids[[2, 0, 1], place], state)
    alone, own = net.prefill(ids[2:, :10])
    for place in range(10, 20):
        alone, own = net.step(ids[2:, place], own)
    assert torch.equal(logits[:1], alone)
    again, _ = net.step(ids[2:, 0], own)
    assert torch.equal(again, net.step(ids[2:, 0], own)[0])  # the old state stays as it was


def test_it_writes_and_its_tokenizer_is_theirs(tmp_path: Path, imported: Import) -> None:
    for number, pattern in enumerate((None, *FOREIGN)):
        data = tokenizer_json(pattern)
        theirs = Tokenizer.from_str(json.dumps(data))
        saved("gpt2", tmp_path / str(number), data)
        model = imported(tmp_path / str(number), replace=True)
        text = "The\r\n king's  日本 1234 café" + END
        assert list(model.tokenizer.encode(text).ids) == theirs.encode(text, add_special_tokens=False).ids
        assert model.tokenizer.decode(model.tokenizer.encode(text).ids) == text
        stream = Stream(DecodeSettings(), 0, model.tokenizer.encode("The").ids)
        assert len(list(generate(model.writer, [stream], 3))) == 3


def config(**changes: Any) -> Callable[[Path], None]:
    """A folder whose configuration says something else."""

    def change(folder: Path) -> None:
        values = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**values, **changes}))

    return change


def tokenizer(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "tokenizer.json").write_text(json.dumps({**tokenizer_json(), **changes}))

    return change


SPLIT = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
DAMAGES: Mapping[str, tuple[Callable[[Path], Any], str]] = {
    "its own code": (config(auto_map={"AutoModelForCausalLM": "evil.Model"}), "brings code of its own"),
    "quantised": (config(quantization_config={"bits": 4}), "quantised"),
    "no such net": (config(model_type="owl"), "no causal language model of transformers"),
    "a net too deep": (config(n_layer=10**9), "n_layer must be from 1 to 1,000"),
    "a net too wide": (config(n_embd=10**6), "weights in config.json"),
    "more tokens": (config(vocab_size=10**6), "weights in config.json"),
    "another depth": (config(n_layer=1, n_positions=500), "transformers cannot read|lack|weights in config"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "0 files of weights"),
    "cut weights": (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 99), "damaged"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "no such file"),
    "SentencePiece alone": (
        lambda folder: (folder / "tokenizer.json").rename(folder / "spiece.model"),
        r"SentencePiece's \(spiece.model\); .*such as GPT-2, Llama 3 or Qwen",
    ),
    "a regular expression": (
        tokenizer(pre_tokenizer={"type": "Sequence", "pretokenizers": [SPLIT, {"type": "ByteLevel"}]}),
        "none that this program writes",
    ),
    "another tokenizer": (
        tokenizer(model={"type": "Unigram", "vocab": [], "merges": []}),
        "no byte-level BPE",
    ),
    "an odd token": (tokenizer(added_tokens=[{"id": 999, "content": "x"}]), "no byte-level BPE"),
    "a config that is none": (lambda folder: (folder / "config.json").write_text("["), "config.json"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a folder that can be imported."""
    folder = tmp_path_factory.mktemp("whole")
    saved("gpt2", folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_hostile_or_damaged_folder_is_a_sentence(
    damage: str, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name, data in whole.items():
        (folder / name).write_bytes(data)
    harm, says = DAMAGES[damage]
    harm(folder)
    with pytest.raises(TextgenError, match=says):
        import_source(tmp_path, folder)
    assert not (tmp_path / "models").exists()
