"""A folder of Hugging Face's, config.json, safetensors and tokenizer.json, without any code that it brings.

All is judged before the weights are read: whether the configuration builds a net that transformers has, how
many numbers that takes, and whether the files hold as many.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from textgen.errors import SettingError, shorten
from textgen.importing.found import MAX_BYTES, Found, listed, refused
from textgen.models.reading import read_object
from textgen.models.weights import read_shapes
from textgen.nets import build
from textgen.nets.hugging_face import kept
from textgen.text.subword_tokenizer import SubwordTokenizer
from textgen.text.tokenizer import TextTokenizer

KIND = "a folder of Hugging Face's"
MAX_CONFIG, MAX_TOKENIZER, MAX_SHARDS = 1_000_000, 50_000_000, 200
FILES = "it must have config.json, tokenizer.json and *.safetensors"
SENTENCEPIECE = "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"  # of Llama 2, T5 and XLM
NO_SENTENCEPIECE = (
    "only byte-level BPE in a tokenizer.json is read; choose one such as GPT-2, Llama 3 or Qwen"
)
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


def read_hugging_face(folder: Path, most: int = MAX_BYTES) -> Found:
    """The net and the tokenizer in a folder. Raises ModelError."""
    config = config_of(folder)
    try:
        vocab_size = check_size(folder, config, most)
        tokenizer = tokenizer_of(folder, vocab_size)
        model = loaded(folder)
    except SettingError as error:
        raise refused(folder, str(error), "GPT-2, Llama and Qwen can be") from error
    values = {key: value for key, value in model.config.to_dict().items() if value is not None}
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    ends = texts_of(config.get("eos_token_id"), tokenizer)
    return Found(
        KIND,
        "hugging_face",
        {"vocab_size": vocab_size, "config": values},
        weights,
        tokenizer=tokenizer,
        bos=first_token(folder, tokenizer),
        stops=ends,
        start=next(iter(ends), None),
    )


def config_of(folder: Path) -> Mapping[str, Any]:
    """What config.json says. Raises ModelError for what would need code, or another library."""
    config = read_object(folder / "config.json", MAX_CONFIG)
    if "quantization_config" in config or (folder / "adapter_config.json").exists():
        raise refused(folder, "its weights are quantised, or an adapter's", "merge and save them as float16")
    if "auto_map" in config:
        raise refused(folder, "it brings code of its own", "only models that transformers knows are read")
    return config


def check_size(folder: Path, config: Mapping[str, Any], most: int) -> int:
    """The tokens of a net whose weights are all there. Raises ModelError, before one of them is read."""
    files = sorted(folder.glob("*.safetensors"))
    if not 1 <= len(files) <= MAX_SHARDS:
        raise refused(folder, f"it has {len(files)} files of weights", FILES)
    shapes = {name: shape for file in files for name, shape in read_shapes(folder, file.name).items()}
    there = sum(torch.Size(shape).numel() for shape in shapes.values())
    values, inner = dict(config), config.get("text_config")
    vocab_size = values.get("vocab_size", inner.get("vocab_size") if isinstance(inner, Mapping) else None)
    with torch.device("meta"):
        net = build("hugging_face", {"vocab_size": vocab_size, "config": values})
    if net.parameter_count > there or 4 * there > most:
        sizes = f"{net.parameter_count:,} weights in config.json, {there:,} in its files"
        raise refused(folder, sizes, f"copy it again, or choose one of at most {most // 4:,}")
    return net.vocab_size


def loaded(folder: Path) -> Any:
    """The net, in float32. Raises ModelError for weights that are missing or of another shape."""
    from transformers import AutoModelForCausalLM, DynamicCache

    try:
        net, info = AutoModelForCausalLM.from_pretrained(  # type: ignore[misc]
            folder,
            output_loading_info=True,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
        )
        cache = DynamicCache()
        with torch.inference_mode():
            net.eval()(input_ids=torch.zeros(1, 1, dtype=torch.long), past_key_values=cache, use_cache=True)
        kept(cache)
    except MemoryError:
        raise
    except Exception as error:  # the library raises whatever its parts raise
        reason = shorten(" ".join(str(error).split()), 160)
        raise refused(folder, f"transformers cannot read it ({reason})", FILES) from error
    wrong = sorted(map(str, (*info["missing_keys"], *info["mismatched_keys"])))
    if wrong:
        raise refused(folder, f"its files lack {listed(wrong)}", "copy it again")
    return net


# ---- the tokenizer


def tokenizer_of(folder: Path, vocab_size: int) -> TextTokenizer:
    """The tokenizer, with a name for every number that the net has. Raises ModelError."""
    check_no_sentencepiece(folder)
    data = read_object(folder / "tokenizer.json", MAX_TOKENIZER)
    try:
        return SubwordTokenizer.from_json(in_our_form(data, vocab_size))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"its tokenizer.json is no byte-level BPE that we read ({shorten(str(error), 120)})"
        raise refused(folder, reason, "GPT-2, Llama 3 and Qwen have one") from error


def check_no_sentencepiece(folder: Path) -> None:
    """Raises ModelError for a folder whose tokenizer is a file of SentencePiece alone."""
    own = next((name for name in SENTENCEPIECE if (folder / name).exists()), None)
    if own and not (folder / "tokenizer.json").exists():
        raise refused(folder, f"its tokenizer is SentencePiece's ({own})", NO_SENTENCEPIECE)


def in_our_form(data: Mapping[str, Any], vocab_size: int) -> dict[str, Any]:
    """A tokenizer.json without what we do not use: it cuts a text into `vocab_size` tokens."""
    model = data["model"]
    added = [
        {"id": token["id"], "content": token["content"], **{flag: token.get(flag) is True for flag in FLAGS}}
        for token in data.get("added_tokens") or []
    ]
    known = len({*model["vocab"], *(token["content"] for token in added)})
    flags = {**dict.fromkeys(FLAGS, False), "special": True}
    if vocab_size - known > MAX_CONFIG:
        raise ValueError(f"it has {known:,} tokens, the net {vocab_size:,}")
    unused = [{"id": i, "content": f"<unused {i}>", **flags} for i in range(known, vocab_size)]
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    plain = {"type": model.get("type"), "vocab": model["vocab"], "merges": merges}
    options = {"dropout": None, "unk_token": None, "fuse_unk": False, "byte_fallback": False}
    affixes = {"continuing_subword_prefix": None, "end_of_word_suffix": None}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added + unused,
        "normalizer": data.get("normalizer"),
        "pre_tokenizer": data.get("pre_tokenizer"),
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {**plain, **options, **affixes, "ignore_merges": model.get("ignore_merges") is True},
    }


def texts_of(ids: Any, tokenizer: TextTokenizer) -> tuple[str, ...]:
    """The tokens of some ids, or of one."""
    numbers = ids if isinstance(ids, list) else [ids]
    known = range(tokenizer.vocab_size)
    return tuple(tokenizer.pieces[number] for number in numbers if type(number) is int and number in known)


def first_token(folder: Path, tokenizer: TextTokenizer) -> str | None:
    """The token that the library's tokenizer puts before every text; None for none."""
    after = read_object(folder / "tokenizer.json", MAX_TOKENIZER).get("post_processor") or {}
    for step in after.get("processors", [after]) if isinstance(after, Mapping) else []:
        single = step.get("single") if isinstance(step, Mapping) else None
        first = single[0] if isinstance(single, list) and single else None
        special = first.get("SpecialToken") if isinstance(first, Mapping) else None
        if isinstance(special, Mapping) and special.get("id") in tokenizer.pieces:
            return special["id"]
    return None
