"""A model folder ↔ a model: config.json, model.safetensors, tokenizer.json. Never pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from textgen.errors import ModelError
from textgen.nets.base import LanguageModel, build
from textgen.tokenization import TextTokenizer

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Model:
    """A net with its tokenizer and its facts, ready to use."""

    name: str
    net: LanguageModel
    tokenizer: TextTokenizer
    config: dict[str, Any]

    @property
    def start(self) -> str:
        """The text that stands for an empty context."""
        return str(self.config.get("start", "\n"))


def save(folder: Path, net: LanguageModel, tokenizer: TextTokenizer, config: dict[str, Any]) -> None:
    """Write a model folder; weights are rounded to float16, `config` needs architecture and sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().cpu().to(torch.float16).contiguous()
        for name, tensor in net.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    tokenizer.save(folder / TOKENIZER)
    facts = {"format": FORMAT, **config, "parameters": net.parameter_count}
    (folder / CONFIG).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load(folder: Path) -> Model:
    """Read a model folder into memory as float32, ready for inference.

    Raises ModelError, with what is wrong and the way out, for a missing, damaged or foreign folder.
    """
    config = read_config(folder)
    tokenizer = TextTokenizer.load(folder / TOKENIZER)
    net = empty_net(folder, config)
    if net.vocab_size != tokenizer.vocab_size:
        raise foreign(folder, f"the net has {net.vocab_size} tokens, the tokenizer {tokenizer.vocab_size}")
    try:
        weights = load_file(folder / WEIGHTS)
        net.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise foreign(folder, f"{WEIGHTS} does not hold this net's weights ({reason})") from error
    net.eval().requires_grad_(False)
    net.prepare()
    return Model(folder.name, net, tokenizer, config)


def read_config(folder: Path) -> dict[str, Any]:
    """A model's facts without its weights. Raises ModelError for a folder that is not a model's."""
    if not folder.is_dir():
        raise ModelError(f"there is no model folder {folder}; `python -m textgen models` lists what there is")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise foreign(folder, f"{CONFIG} cannot be read ({error})") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise foreign(folder, f"{CONFIG} is not of format {FORMAT}")
    return config


def empty_net(folder: Path, config: dict[str, Any]) -> LanguageModel:
    """The net that a config describes, weights not yet read."""
    try:
        return build(config["architecture"], config["sizes"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise foreign(folder, f"{CONFIG} describes no network that we have ({error!r})") from error


def foreign(folder: Path, reason: str) -> ModelError:
    return ModelError(f"{folder} is not a usable model folder: {reason}; train or copy the model again")


def weights_sha256(folder: Path) -> str:
    """The checksum of the weights file, for receipts."""
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
