"""A corpus encoded on disk: a tokenizer and two memory-mapped streams of token ids, to learn and to validate.

Two passes over the files, so that a corpus larger than memory works: the first writes a provisional
code for each piece, the second replaces the codes by ids once the vocabulary is known.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from textgen.errors import TextError, TextgenError
from textgen.models.draft import appearing
from textgen.models.folder import load_tokenizer
from textgen.text import exact_words, words
from textgen.text.exact_words import exact_vocabulary
from textgen.text.subword_tokenizer import SubwordTokenizer
from textgen.text.subwords import subword_tokenizer
from textgen.text.tokenizer import TextTokenizer
from textgen.text.words import UNKNOWN as UNKNOWN_WORD
from textgen.text.words import word_vocabulary
from textgen.training.reading import blocks, checked_digest, files_of
from textgen.training.recipe import Recipe, SplitRecipe

CODE_POINTS = 0x110000
MIN_TOKENS = 100
MAX_VOCABULARY = 1 << 16  # ids are stored in two bytes
CHUNK = 1 << 20  # tokens handled at once
CODES, TOKENIZER = "codes.u32", "tokenizer.json"
UNKNOWN, CHANGES, CHARACTERS = "unknown.json", "changes.json", "characters.json"
LEFT_OUT = MAX_VOCABULARY  # stands for a piece that a given tokenizer does not know
Ranges = NDArray[np.int64]  # (D, 2) start and end of each document in a stream of tokens

PARTS = ("train", "validation")
UNITS = {"char": "character", "word": "word", "subword": "character"}  # that a text is first read as


@dataclass(frozen=True, slots=True)
class Part:
    """One side of the split, mapped into memory: what is not being read takes no room."""

    ids: NDArray[np.uint16]  # (N,)
    lengths: NDArray[np.int64]  # (D,) tokens of each document; their sum is N
    characters: int  # that the text of all its tokens has

    def documents(self, bos: int | None = None) -> list[NDArray[np.uint16]]:
        """The documents, each after `bos` where there is one."""
        pieces = np.split(self.ids, np.cumsum(self.lengths)[:-1])
        return pieces if bos is None else [np.concatenate(([np.uint16(bos)], piece)) for piece in pieces]


LARGEST = 1 << 16  # tokens


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text as ids on disk, split in two."""

    train: Part
    validation: Part
    tokenizer: TextTokenizer
    sha256: str  # of the file's bytes, or of a folder's listing
    size: int  # bytes of the files
    unknown: tuple[str, ...] = ()  # distinct pieces that a given tokenizer does not know
    changes: tuple[str, ...] = ()  # what was changed for every text: line ends, byte-order marks, accents

    def unknown_share(self) -> float | None:
        """The share of `<unk>` in the part that validates, 0..1; None where unknown pieces are left out."""
        if self.tokenizer.unknown_id is None:
            return None
        return float((self.validation.ids == self.tokenizer.unknown_id).mean())


def open_corpus(path: Path, recipe: Recipe, cache: Path, tokenizer: TextTokenizer | None = None) -> Corpus:
    """The ids of a text, encoded once into a folder of `cache` and mapped from there.

    A given tokenizer is used as it is: unknown characters are left out, unknown words become `<unk>`.
    Raises TextError, before anything is written, for a corpus that is missing, empty, not text, too
    short, of one distinct character, or not the one that the recipe's sha256 names.
    """
    if tokenizer is not None and tokenizer.vocab_size > LARGEST:
        raise TextError(
            f"a corpus is encoded with at most {LARGEST:,} tokens, two bytes each, and this model has "
            f"{tokenizer.vocab_size:,}; `python -m textgen read` scores texts of 20,000 characters with it"
        )
    digest = checked_digest(path, recipe.corpus.sha256)
    folder = cache / f"corpus-{key(digest, recipe, tokenizer)}"
    if not is_whole(folder):
        with appearing(folder) as draft:
            encode_into(draft, path, recipe, tokenizer)
    return read_corpus(folder, digest, sum(file.stat().st_size for file in files_of(path)))


def is_whole(folder: Path) -> bool:
    """Whether a text lies there as ids, all of it: a disk may have lost a part."""
    try:
        corpus = read_corpus(folder, "", 0)
    except (OSError, ValueError, TextgenError, EOFError):
        return False
    return all(part.lengths.sum() == len(part.ids) for part in (corpus.train, corpus.validation))


def key(digest: str, recipe: Recipe, tokenizer: TextTokenizer | None) -> str:
    """Names what an encoding depends on."""
    given = tokenizer.tokenizer.to_str() if tokenizer else ""
    values = [digest, recipe.level, recipe.seed, asdict(recipe.text), asdict(recipe.split), given]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def read_corpus(folder: Path, digest: str, size: int) -> Corpus:
    unknown, changes, characters = (
        tuple(json.loads((folder / name).read_text(encoding="utf-8")))
        for name in (UNKNOWN, CHANGES, CHARACTERS)
    )
    train, validation = (
        Part(mapped(folder / f"{name}.u16"), np.load(folder / f"{name}.npy"), count)
        for name, count in zip(PARTS, characters, strict=True)
    )
    tokenizer = load_tokenizer(folder / TOKENIZER)
    return Corpus(train, validation, tokenizer, digest, size, unknown, changes)


def mapped(path: Path) -> NDArray[np.uint16]:
    """Ids on disk (N,); an empty file cannot be mapped."""
    return np.memmap(path, dtype=np.uint16, mode="r") if path.stat().st_size else np.empty(0, np.uint16)


def encode_into(folder: Path, path: Path, recipe: Recipe, tokenizer: TextTokenizer | None) -> None:
    """Write a text's ids, split, and their tokenizer."""
    changes = set[str]()
    pieces = Words(splitter(recipe, tokenizer)) if recipe.level == "word" else Characters()
    lengths = write_codes(folder / CODES, path, recipe, pieces, changes)
    codes = np.memmap(folder / CODES, dtype=np.uint32, mode="r")
    if recipe.split.by == "line":
        lengths = line_lengths(codes, pieces.code("\n") or 0)
    parts = split_ranges(lengths, recipe.split, recipe.seed)
    if tokenizer is None:
        check_parts(path, parts, recipe)
    if recipe.level == "subword":
        read = by_subwords(codes, tokenizer or learned_subwords(codes, parts[0], recipe))
    else:
        occurrences = counts(codes, parts, pieces, recipe)
        read = by_pieces(codes, pieces, tokenizer or make_tokenizer(recipe, pieces, occurrences))
    read.tokenizer.save(folder / TOKENIZER)
    for name, ranges in zip(PARTS, parts, strict=True):
        write_part(folder / f"{name}.u16", ranges, read.ids)
    characters = [sum(read.characters(*ends) for ends in ranges.tolist()) for ranges in parts]
    facts = {UNKNOWN: read.unknown, CHANGES: sorted(changes), CHARACTERS: characters}
    for name, value in facts.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    (folder / CODES).unlink()


def splitter(recipe: Recipe, tokenizer: TextTokenizer | None) -> Callable[[str], list[str]]:
    """How a text is split in words: as a given tokenizer does, else as the recipe wants it."""
    if tokenizer is not None and tokenizer.level == "word":
        return tokenizer.split
    return tokenizer_class(recipe)([UNKNOWN_WORD]).split


def tokenizer_class(recipe: Recipe) -> Callable[..., TextTokenizer]:
    """What makes the tokenizer of words from their list."""
    return TextTokenizer.exact_words if recipe.text.spaces == "exact" else TextTokenizer.words


def write_codes(
    target: Path, path: Path, recipe: Recipe, pieces: Pieces, changes: set[str]
) -> NDArray[np.int64]:
    """Write the code of every piece → how many each file has. Raises TextError for nothing to learn from."""
    lengths = []
    end = ["\n"] if recipe.split.by == "line" else []  # the last line of a file may lack it
    with target.open("wb") as stream:
        for file in files_of(path):
            lengths.append(0)
            for block in chain(blocks(file, recipe.text, changes), end):
                codes = pieces.codes(block)
                lengths[-1] += len(codes)
                stream.write(codes.tobytes())
    check_enough(path, sum(lengths), pieces)
    return np.array(lengths)


def check_enough(path: Path, length: int, pieces: Pieces) -> None:
    different = pieces.different
    most = MAX_VOCABULARY if pieces.unit == "character" else max(2, different)
    limit = f"2 to {most:,}" if pieces.unit == "character" else "2 or more"
    legal = f"at least {MIN_TOKENS} {pieces.unit}s, {limit} of them different"
    if length < MIN_TOKENS or not 2 <= different <= most:
        given = f"{length:,}, {different:,} different" if length else "an empty file"
        raise TextError(f"{path} must have {legal}, got {given}; give a longer or plainer text")


def line_lengths(codes: NDArray[np.uint32], newline: int) -> NDArray[np.int64]:
    """(D,) how many tokens each line has, its line end included."""
    ends = np.concatenate(
        [start + np.flatnonzero(chunk == newline) + 1 for start, chunk in chunked(codes)], dtype=np.int64
    )
    return np.diff(ends, prepend=0)


def split_ranges(lengths: NDArray[np.int64], split: SplitRecipe, seed: int) -> tuple[Ranges, Ranges]:
    """The documents to learn from and those that validate, as ranges of the stream.

    By "text", the first `train` of all tokens are learned, as nanoGPT splits: int(train · N); by "file"
    of each file; by "line", of all lines in an order that the seed shuffles.
    """
    if split.by == "text":
        lengths = lengths.sum(keepdims=True)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    if split.by == "line":
        lines = np.stack((starts, ends), axis=1)[lengths > 1]
        order = np.random.default_rng((seed, 2)).permutation(len(lines))
        return lines[order[: int(len(lines) * split.train)]], lines[order[int(len(lines) * split.train) :]]
    cuts = starts + (lengths * split.train).astype(np.int64)
    return np.stack((starts, cuts), axis=1), np.stack((cuts, ends), axis=1)


def check_parts(path: Path, parts: tuple[Ranges, Ranges], recipe: Recipe) -> None:
    """Raises TextError unless both parts have a document in which a token can be predicted."""
    by, least = recipe.split.by, 1 if recipe.bos else 2
    for name, ranges in zip(("learns from", "validates with"), parts, strict=True):
        if (longest := int(np.diff(ranges).max(initial=0))) < least:
            count = len(ranges) if by == "file" else sum(map(len, parts))
            of = "" if by == "text" else f" in {count:,} {by}{'s' if count != 1 else ''}"
            elsewhere = by != "text" and recipe.batches.kind != "lines"
            hint = ", or cut it anywhere: --set split.by=text" if elsewhere else ""
            raise TextError(
                f"{path} is too short to be split by {by}, {recipe.split.train:g} to learn: the longest "
                f"piece that the model {name} must have {least} or more {UNITS[recipe.level]}s, got "
                f"{longest}{of}; give a longer text{hint}"
            )


def counts(
    codes: NDArray[np.uint32], parts: tuple[Ranges, Ranges], pieces: Pieces, recipe: Recipe
) -> NDArray[np.int64]:
    """How often each piece occurs: words in what is learned, characters in the whole text."""
    total = np.zeros(pieces.limit, dtype=np.int64)
    ranges = parts[0] if recipe.level == "word" else np.concatenate(parts)
    for start, end in ranges:
        for _, chunk in chunked(codes[start:end]):
            np.add.at(total, *np.unique(chunk, return_counts=True))
    return total


def make_tokenizer(recipe: Recipe, pieces: Pieces, occurrences: NDArray[np.int64]) -> TextTokenizer:
    """The tokenizer of a text whose pieces occur so often, (codes,)."""
    counted = {pieces.text(int(code)): int(occurrences[code]) for code in np.flatnonzero(occurrences)}
    if recipe.level == "word":
        make = exact_vocabulary if recipe.text.spaces == "exact" else word_vocabulary
        vocabulary = make(counted, recipe.text.min_count)
        if not 3 <= len(vocabulary) <= MAX_VOCABULARY:
            raise TextError(
                f"the vocabulary must have 3 to {MAX_VOCABULARY:,} words, got {len(vocabulary):,}; change "
                "--set text.min_count=, how often a word must occur"
            )
        return tokenizer_class(recipe)(vocabulary, lower=recipe.text.lower)
    return TextTokenizer.characters(counted, lower=recipe.text.lower)


def id_table(pieces: Pieces, tokenizer: TextTokenizer) -> NDArray[np.int64]:
    """(codes,) the id of each piece; of an unknown one that of `<unk>`, or LEFT_OUT."""
    unknown = LEFT_OUT if tokenizer.unknown_id is None else tokenizer.unknown_id
    table = np.full(pieces.limit, unknown, dtype=np.int64)
    for piece, token in tokenizer.tokenizer.get_vocab().items():
        if (code := pieces.code(piece)) is not None:
            table[code] = token
    return table


def learned_subwords(codes: NDArray[np.uint32], learned: Ranges, recipe: Recipe) -> TextTokenizer:
    """The subwords of what is learned."""
    texts = (text for start, end in learned for text in texts_of(codes[start:end]))
    return SubwordTokenizer(subword_tokenizer(texts, recipe.text.vocabulary, recipe.text.lower))


def texts_of(codes: NDArray[np.uint32]) -> Iterator[str]:
    """A text of code points (n,) in pieces that end in a line break, where it has any."""
    rest = ""
    for _, chunk in chunked(codes):
        rest += chunk.astype("<u4").tobytes().decode("utf-32-le")
        whole = rest[: rest.rfind("\n") + 1] or rest
        yield whole
        rest = rest[len(whole) :]
    yield rest


class Reading(NamedTuple):
    """A text's codes (n,) as a tokenizer reads them, a range at a time."""

    tokenizer: TextTokenizer
    ids: Callable[[int, int], Iterator[NDArray[np.uint16]]]  # of a range of codes, in pieces
    characters: Callable[[int, int], int]  # that the text of a range's ids has
    unknown: Sequence[str]  # distinct pieces without an id


def by_subwords(codes: NDArray[np.uint32], tokenizer: TextTokenizer) -> Reading:
    """A text of code points as subwords."""

    def ids(start: int, end: int) -> Iterator[NDArray[np.uint16]]:
        for text in texts_of(codes[start:end]):
            yield np.array(tokenizer.encode(text).ids, dtype=np.uint16)

    return Reading(tokenizer, ids, lambda start, end: end - start, [])


def by_pieces(codes: NDArray[np.uint32], pieces: Pieces, tokenizer: TextTokenizer) -> Reading:
    """A text of characters or words, of each of which an id is known, or none: those are left out."""
    table = id_table(pieces, tokenizer)

    def ids(start: int, end: int) -> Iterator[NDArray[np.uint16]]:
        for _, chunk in chunked(codes[start:end]):
            found = table[chunk]
            yield found[found != LEFT_OUT].astype(np.uint16)

    known = table != LEFT_OUT
    unknown = [pieces.text(code) for code in seen(codes) if not known[code]]
    written = pieces.written(tokenizer)

    def characters(start: int, end: int) -> int:
        return sum(written(chunk[known[chunk]]) for _, chunk in chunked(codes[start:end]))

    return Reading(tokenizer, ids, characters, unknown)


def write_part(
    target: Path, ranges: Ranges, ids_of: Callable[[int, int], Iterator[NDArray[np.uint16]]]
) -> None:
    """Write the ids of some documents one after another, and beside them how long each is."""
    lengths = np.zeros(len(ranges), dtype=np.int64)
    with target.open("wb") as stream:
        for number, (start, end) in enumerate(ranges):
            for ids in ids_of(start, end):
                lengths[number] += len(ids)
                stream.write(ids.tobytes())
    np.save(target.with_suffix(".npy"), lengths)


def seen(codes: NDArray[np.uint32]) -> Sequence[int]:
    """The distinct codes."""
    return np.unique(np.concatenate([np.unique(chunk) for _, chunk in chunked(codes)])).tolist()


def chunked(codes: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """A long array in pieces, each with its start."""
    for start in range(0, len(codes), CHUNK):
        yield start, np.asarray(codes[start : start + CHUNK])


class Pieces(Protocol):
    """A text's pieces as provisional numbers, before the vocabulary is known."""

    unit: ClassVar[str]

    def codes(self, block: str) -> NDArray[np.uint32]:
        """A piece of text → the code of each of its pieces, (n,)."""
        ...

    def code(self, text: str) -> int | None:
        """The code of a piece; None for one that never came."""
        ...

    def text(self, code: int) -> str: ...

    def written(self, tokenizer: TextTokenizer) -> Callable[[NDArray[np.uint32]], int]:
        """How many characters the text of codes (n,) has, with the spaces between its words."""
        ...

    @property
    def limit(self) -> int:
        """All codes are below."""
        ...

    @property
    def different(self) -> int:
        """Distinct pieces so far."""
        ...


class Characters:
    """A character's code is its code point."""

    unit: ClassVar[str] = "character"

    def __init__(self) -> None:
        self._seen = np.zeros(CODE_POINTS, dtype=np.bool_)
        self.limit = CODE_POINTS

    def codes(self, block: str) -> NDArray[np.uint32]:
        codes = np.frombuffer(block.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
        self._seen[codes] = True
        return codes

    def code(self, text: str) -> int | None:
        return ord(text)

    def text(self, code: int) -> str:
        return chr(code)

    def written(self, tokenizer: TextTokenizer) -> Callable[[NDArray[np.uint32]], int]:
        return len

    @property
    def different(self) -> int:
        return int(self._seen.sum())


class Words:
    """Words, punctuation marks and line breaks, numbered as they come."""

    unit: ClassVar[str] = "word"

    def __init__(self, split: Callable[[str], list[str]]) -> None:
        self._split = split
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []

    def codes(self, block: str) -> NDArray[np.uint32]:
        return np.array([self._number(piece) for piece in self._split(block)], dtype=np.uint32)

    def _number(self, piece: str) -> int:
        code = self._codes.setdefault(piece, len(self._texts))
        if code == len(self._texts):
            self._texts.append(piece)
        return code

    def code(self, text: str) -> int | None:
        return self._codes.get(text)

    def text(self, code: int) -> str:
        return self._texts[code]

    def written(self, tokenizer: TextTokenizer) -> Callable[[NDArray[np.uint32]], int]:
        style = exact_words if tokenizer.exact else words
        lengths = np.array([len(style.written(text)) for text in self._texts])
        before, after = (
            np.array([*map(tight, self._texts)]) for tight in (style.tight_before, style.tight_after)
        )

        def characters(codes: NDArray[np.uint32]) -> int:
            spaces = ~(after[codes[:-1]] | before[codes[1:]])
            return int(lengths[codes].sum() + spaces.sum())

        return characters

    @property
    def limit(self) -> int:
        return len(self._texts)

    @property
    def different(self) -> int:
        return len(self._texts)
