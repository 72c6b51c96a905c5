"""What a tokenizer.json may hold: the parts that we write, so that a stranger's file can neither hang nor
crash the library that runs it. A regular expression of somebody else's may take for ever on some text.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from textgen.errors import shorten
from textgen.text import exact_words, subwords
from textgen.text.words import FINAL_SIGMA, PIECE, REWRITES

CHARACTER = r"[\s\S]"
EXACT = exact_words.PIECE, exact_words.JOINED
PATTERNS = frozenset(
    {CHARACTER, PIECE, FINAL_SIGMA, *EXACT, *subwords.PIECES, *(pattern for pattern, _ in REWRITES)}
)
MAX_TOKENS = 1_000_000
MAX_TOKEN = 1_000  # characters
MAX_GROWTH = 64  # characters that normalisers may make of one
MAX_STEPS = 64  # normalisers in a row
MAX_NESTING = 3  # lists of normalisers in each other
BPE_OPTIONS = "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"
UNUSED = "post_processor", "truncation", "padding"
FLAGS = {"single_word", "lstrip", "rstrip", "normalized", "special"}  # of an added token


def check_form(data: Mapping[str, Any]) -> None:
    """Raises ValueError, with what is wrong, for any tokenizer but one of a form that we write."""
    if used := [name for name in UNUSED if data.get(name)]:
        raise ValueError(f"{used[0]} must be empty")
    model, cut = as_object("model", data.get("model")), as_object("pre_tokenizer", data.get("pre_tokenizer"))
    check_vocabulary(model)
    check_normalizers(data.get("normalizer"))
    added = data.get("added_tokens") or []
    if is_subword(data):
        check_merges(model, check_added(added, model["vocab"]))
        check_bytes(cut)
    elif added:
        raise ValueError("added_tokens must be empty")
    else:
        check_pre_tokenizer(cut)


def is_subword(data: Mapping[str, Any]) -> bool:
    """Whether a tokenizer.json describes subwords."""
    model = data.get("model")
    return isinstance(model, Mapping) and model.get("type") == "BPE"


def check_added(added: Any, vocabulary: Mapping[str, int]) -> set[str]:
    """Tokens that are found in a text before it is cut; their numbers go on where the vocabulary's end."""
    if not isinstance(added, list) or len(added) + len(vocabulary) > MAX_TOKENS:
        raise ValueError(f"added_tokens must be a list, and there must be at most {MAX_TOKENS:,} tokens")
    tokens = dict[str, int]()
    for token in (as_object("added_tokens", one) for one in added):
        text, number = token.get("content"), token.get("id")
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_TOKEN or type(number) is not int:
            raise ValueError(f"an added token must have an id and 1 to {MAX_TOKEN:,} characters")
        if {*token} != FLAGS | {"id", "content"} or any(type(token[flag]) is not bool for flag in FLAGS):
            raise ValueError(f"an added token must have {', '.join(sorted(FLAGS))}, true or false")
        tokens[text] = number
    if sorted({**vocabulary, **tokens}.values()) != list(range(len({*vocabulary, *tokens}))):
        raise ValueError("the ids of added tokens must go on where those of the vocabulary end, each once")
    return {*tokens}


def check_merges(model: Mapping[str, Any], added: set[str]) -> None:
    """Byte-level BPE: signs of the alphabet of bytes alone, all 256 of them, and pairs that it has."""
    if usual := [name for name in BPE_OPTIONS if model.get(name)]:
        raise ValueError(f"model.{usual[0]} must be left out, got {shorten(model[usual[0]])}")
    vocabulary, merges = model["vocab"], model.get("merges")
    alphabet = subwords.byte_alphabet().keys()
    strange = (token for token in vocabulary.keys() - added if not alphabet >= {*token})
    if not alphabet <= vocabulary.keys() or next(strange, None):
        raise ValueError("model.vocab must be of bytes, all 256 of them and what they make together")
    if not isinstance(merges, list) or not all(map(is_pair, merges)):
        raise ValueError("model.merges must be a list of pairs of tokens")


def is_pair(merge: Any) -> bool:
    return isinstance(merge, list) and len(merge) == 2 and all(isinstance(part, str) for part in merge)


def check_bytes(cut: Mapping[str, Any]) -> None:
    """A text is cut by known patterns, then taken as bytes."""
    steps = cut.get("pretokenizers") if cut.get("type") == "Sequence" else [cut]
    if not isinstance(steps, list) or not 1 <= len(steps) <= MAX_NESTING:
        raise ValueError(f"pre_tokenizer must be 1 to {MAX_NESTING} steps")
    *before, last = (as_object("pre_tokenizer", step) for step in steps)
    if last.get("type") != "ByteLevel":
        raise ValueError(f"pre_tokenizer must end with ByteLevel, got {shorten(last.get('type'))}")
    for step in before:
        if step.get("type") != "Digits":
            check_pre_tokenizer(step)


def as_object(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be an object, got {shorten(value)}")
    return value


def check_vocabulary(model: Mapping[str, Any]) -> None:
    """One id a token, from 0 on; no token is empty."""
    if model.get("type") not in ("WordLevel", "BPE"):
        raise ValueError(f"model.type must be WordLevel or BPE, got {shorten(model.get('type'))}")
    vocabulary = as_object("model.vocab", model.get("vocab"))
    if not 1 <= len(vocabulary) <= MAX_TOKENS:
        raise ValueError(f"model.vocab must have 1 to {MAX_TOKENS:,} tokens, got {len(vocabulary):,}")
    if wrong := [token for token in vocabulary if not 1 <= len(token) <= MAX_TOKEN]:
        raise ValueError(f"a token must have 1 to {MAX_TOKEN:,} characters, got {len(wrong[0]):,}")
    ids = list(vocabulary.values())
    if any(type(token) is not int for token in ids) or sorted(ids) != list(range(len(ids))):
        raise ValueError(f"the ids in model.vocab must be 0 to {len(ids) - 1:,}, each once")


def check_normalizers(value: Any) -> None:
    """Rewriting that is known, and that cannot make a text grow for long."""
    steps = laid_flat(value, MAX_NESTING) if value is not None else []
    if len(steps) > MAX_STEPS:
        raise ValueError(f"normalizer must be at most {MAX_STEPS} steps")
    if prod(max(1, len(added_by(step))) for step in steps) > MAX_GROWTH:
        raise ValueError(f"normalizer must make at most {MAX_GROWTH} characters of one")


def laid_flat(value: Any, depth: int) -> list[Any]:
    """The steps of a normaliser, which may be a sequence of sequences."""
    if not isinstance(value, Mapping) or value.get("type") != "Sequence":
        return [value]
    steps = value.get("normalizers")
    if not isinstance(steps, list) or not depth:
        raise ValueError(f"normalizer must be a list of steps, at most {MAX_NESTING} lists in each other")
    return [step for one in steps for step in laid_flat(one, depth - 1)]


def added_by(step: Any) -> str:
    """What a step of normalisation puts in place of a match."""
    kind = as_object("normalizer", step).get("type")
    if kind in ("Lowercase", "NFC"):
        return ""
    if kind != "Replace":
        raise ValueError(f"normalizer must be of Lowercase, NFC and Replace, got {shorten(kind)}")
    check_pattern("normalizer", step.get("pattern"))
    content = step.get("content")
    if not isinstance(content, str):
        raise ValueError(f"normalizer.content must be a text, got {shorten(content)}")
    return content


def check_pre_tokenizer(cut: Mapping[str, Any]) -> None:
    if cut.get("type") != "Split":
        raise ValueError(f"pre_tokenizer.type must be Split, got {shorten(cut.get('type'))}")
    check_pattern("pre_tokenizer", cut.get("pattern"))


def check_pattern(name: str, pattern: Any) -> None:
    expression = pattern.get("Regex") if isinstance(pattern, Mapping) else None
    if not isinstance(expression, str) or expression not in PATTERNS:
        raise ValueError(f"{name}.pattern is none that this program writes, got {shorten(expression)}")
