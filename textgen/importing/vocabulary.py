"""The tokens of an imported net by id: from its checkpoint, from a file, or from the text it learned from.

A checkpoint without its vocabulary is half a model: the order of the tokens is all that gives its numbers a
meaning. Tutorials sort the different characters of a text, or number them as they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textgen.errors import TextError, shorten
from textgen.text.files import normal, parse_json, plain_lines, read_bytes, read_whole
from textgen.text.tokenizer import TextTokenizer, lowered
from textgen.text.words import UNKNOWN, checked_ids, word_tokenizer

MAX_TEXT = 50_000_000  # bytes
MAX_TOKEN = 1_000  # characters
# What tutorials call it, beside the weights.
NAMES = (
    *("tokens", "chars", "characters", "vocab", "vocabulary", "alphabet", "itos", "stoi"),
    *(
        "idx2char",
        "idx_to_char",
        "ix_to_char",
        "int2char",
        "index_to_char",
        "id2char",
        "idx2word",
        "id_to_token",
    ),
    *(
        "char2idx",
        "char_to_idx",
        "char_to_ix",
        "char2int",
        "char_to_index",
        "char2id",
        "word2idx",
        "token_to_id",
    ),
)
INSIDE = ("hyper_parameters", "config", "meta", "model", "args")
UNKNOWN_NAMES = (UNKNOWN, "<UNK>", "[UNK]", "UNK", "<oov>", "<OOV>")
LINE_ENDS = ("<eos>", "<EOS>")
ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "sorted": "in the order of their code points",
        "first": "as they come in the text",
        "frequent": "the most frequent first",
    }
)
WAYS = "name it: --vocab FILE (JSON, or the text it learned from), or --corpus FILE (that text)"


def named_in(beside: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The tokens that a trainer's dict names, wherever it does; None for none."""
    inner = [part for name in INSIDE if isinstance(part := beside.get(name), Mapping)]
    for place in (beside, *inner):
        for name in NAMES:
            if (tokens := tokens_of(place.get(name))) is not None:
                return tokens
    return None


def tokens_of(value: Any) -> tuple[str, ...] | None:
    """A list of tokens, a map from them to their ids, or one from ids; None for anything else."""
    if isinstance(value, Mapping):
        if (
            inner := next((value[name] for name in NAMES if name in value and len(value) < 9), None)
        ) is not None:
            return tokens_of(inner)
        if isinstance(model := value.get("model"), Mapping):  # a tokenizer.json
            return tokens_of(model.get("vocab"))
        pairs = [(number_of(key), token) for key, token in value.items()]
        if any(number is None for number, _ in pairs):
            pairs = [(number_of(number), token) for token, number in value.items()]
        return by_number(pairs)
    if isinstance(value, (list, tuple)):
        return by_number(list(enumerate(value)))
    return tuple(value) if isinstance(value, str) and len(set(value)) == len(value) > 1 else None


def number_of(value: Any) -> int | None:
    """A whole number, also one that JSON made a key."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 8:
        return int(value)
    return value if type(value) is int else None


def by_number(pairs: Sequence[tuple[int | None, Any]]) -> tuple[str, ...] | None:
    """The tokens in the order of their numbers, which are 0 to V − 1."""
    tokens = {number: token for number, token in pairs if isinstance(token, str) and len(token) <= MAX_TOKEN}
    if len(tokens) != len(pairs) or not tokens or set(tokens) != set(range(len(tokens))):
        return None
    return tuple(tokens[number] for number in range(len(tokens)))


def read_vocabulary(path: Path, vocab_size: int, order: str | None) -> Iterator[TextTokenizer]:
    """The tokenizers that a file may mean: one for JSON, one for each order of a text's characters.

    Raises TextError for a file that has no such number of tokens.
    """
    data = read_bytes(path, MAX_TEXT)
    try:
        tokens = tokens_of(parse_json(data))
    except ValueError:
        yield from from_text(path, vocab_size, order)
        return
    if tokens is None:
        raise TextError(
            f"{shorten(path.name)} is no vocabulary: it must be a list of tokens, or a map between tokens "
            "and the numbers from 0 on, each once"
        )
    yield tokenizer_of(checked(path.name, tokens, vocab_size))


def checked(name: str, tokens: Sequence[str], vocab_size: int) -> Sequence[str]:
    """Raises TextError for another number of tokens than the net has."""
    if len(tokens) != vocab_size:
        raise TextError(
            f"{shorten(name)} has {len(tokens):,} tokens, the net {vocab_size:,}; take the vocabulary that "
            "it was trained with"
        )
    return tokens


def from_text(path: Path, vocab_size: int, order: str | None) -> Iterator[TextTokenizer]:
    """The characters of a text, as it stands, in lower case or in ASCII: whichever has as many as the net."""
    whole = read_whole(path, MAX_TEXT)
    sizes = dict[str, int]()
    for form, text in forms(whole).items():
        sizes[form] = len(set(text))
        if sizes[form] == vocab_size:
            for name in ORDERS if order is None else (order,):
                yield tokenizer_of(ordered(text, name))
            return
    counted = ", ".join(f"{count:,} {form}" for form, count in sizes.items())
    raise TextError(
        f"{shorten(path.name)} must have {vocab_size:,} different characters, as many as the net has tokens, "
        f"got {counted}; take the text that it learned from, or --vocab with its vocabulary"
    )


def forms(text: str) -> dict[str, str]:
    """How tutorials read a text before they count its characters."""
    plain = plain_lines(text)
    ascii_only = plain.encode("ascii", "ignore").decode()
    return {
        "as it stands": text,
        "with plain line ends": normal(text),
        "in lower case": plain.lower(),
        "in ASCII": ascii_only,
        "in ASCII and lower case": ascii_only.lower(),
        "without spaces around it": plain.strip(),
    }


def ordered(text: str, order: str) -> list[str]:
    """The different characters of a text."""
    if order == "sorted":
        return sorted(set(text))
    counts = Counter(text)  # in the order of their first place
    return list(counts) if order == "first" else [char for char, _ in counts.most_common()]


def tokenizer_of(tokens: Sequence[str]) -> TextTokenizer:
    """Characters where all but special tokens are one, else words. Raises TextError for what is neither.

    A vocabulary without capitals reads all in lower case.
    """
    if len(set(tokens)) != len(tokens):
        again = next(token for token, count in Counter(tokens).items() if count > 1)
        raise TextError(f"a vocabulary must hold each token once, got {shorten(again)!r} twice; mend it")
    named = [token or "<empty>" for token in tokens]
    letters = [token for token in named if not is_special(token)]
    small = any(map(str.isalpha, letters)) and all(token == lowered(token) for token in letters)
    if all(len(token) == 1 for token in letters):
        return TextTokenizer.in_order(["<unknown>" if token == UNKNOWN else token for token in named], small)
    return TextTokenizer(word_tokenizer(list(checked_ids(as_words(named))), small))


def is_special(token: str) -> bool:
    """`<pad>`, `[UNK]`: what no text is split into."""
    return len(token) > 2 and (token[0] + token[-1]) in ("<>", "[]")


def as_words(tokens: Sequence[str]) -> list[str]:
    """Words with the names that ours have: `<unk>`, and the line break itself for `<eos>`."""
    unknown = next((name for name in UNKNOWN_NAMES if name in tokens), None)
    line = next((name for name in LINE_ENDS if name in tokens and "\n" not in tokens), None)
    names = {unknown: UNKNOWN, line: "\n"}
    return [names.get(token, token) for token in tokens]
