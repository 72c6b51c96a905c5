"""The known corpora: where the texts of the bundled recipes come from, and how to fetch them."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from textgen.errors import TextError, TextgenError, shorten
from textgen.training.reading import sha256_of

BUNDLED = Path(__file__).resolve().parent / "corpora.toml"
BLOCK = 1 << 16  # bytes
OWN_COPY = "a copy of your own can be trained on with --set corpus.sha256="


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file of a corpus."""

    file: str  # its path in a folder of corpora
    bytes: int
    sha256: str
    url: str = ""  # has these very bytes
    page: str = ""  # where the text comes from, in other bytes


@dataclass(frozen=True, slots=True)
class KnownCorpus:
    """A text with its sources."""

    name: str
    title: str
    status: str  # under which terms it may be used
    files: tuple[CorpusFile, ...]
    made: str = ""  # from what, where the files are not published as they are

    @property
    def published(self) -> bool:
        """Whether every file can be fetched."""
        return all(file.url for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def known_corpora(catalogue: Path = BUNDLED) -> dict[str, KnownCorpus]:
    """The corpora by name, in the order of the catalogue."""
    entries = tomllib.loads(catalogue.read_text(encoding="utf-8"))
    return {name: from_entry(name, entry) for name, entry in entries.items()}


def from_entry(name: str, entry: Mapping[str, Any]) -> KnownCorpus:
    files = tuple(CorpusFile(**file) for file in entry["files"])
    return KnownCorpus(**{**entry, "name": name, "files": files})


def find_corpus(name: str, corpora: Mapping[str, KnownCorpus]) -> KnownCorpus:
    """A corpus by name. Raises TextError for an unknown one."""
    if name not in corpora:
        raise TextError(f"there is no corpus {shorten(name)!r}; known: {', '.join(corpora)}")
    return corpora[name]


def fetch(
    corpus: KnownCorpus, folder: Path, report: Callable[[str], None], timeout: float = 30
) -> list[Path]:
    """Download a corpus's files into a folder → where they lie. Files that are there and right are kept.

    No file appears before its sha256 is checked; `timeout` is in seconds without a byte. Raises
    TextgenError for a corpus that is not published as these bytes, a file of that name with another
    text, no network, an answer that is not the text, and a disk that is full.
    """
    if not corpus.published:
        raise TextError(unpublished(corpus))
    for file in corpus.files:
        check_free(folder / file.file, file)
    for file in corpus.files:
        fetch_file(file, folder / file.file, report, timeout)
    return [folder / file.file for file in corpus.files]


def fetch_file(file: CorpusFile, target: Path, report: Callable[[str], None], timeout: float) -> None:
    if target.is_file():
        report(f"{target} is there already")
        return
    report(f"{target} from {file.url}, {file.bytes:,} bytes")
    download(file.url, target, file.bytes, file.sha256, timeout)


def check_free(target: Path, file: CorpusFile) -> None:
    """A file of the corpus's name is the corpus's, or stays untouched."""
    if target.is_file() and sha256_of(target) == file.sha256:
        return
    if target.exists():
        raise TextError(
            f"{target} is there already, but is another text; move it away, or choose --to FOLDER"
        )


def unpublished(corpus: KnownCorpus) -> str:
    pages = ", ".join(dict.fromkeys(file.page for file in corpus.files))
    return (
        f"{corpus.title} cannot be fetched, since nobody publishes these very bytes: {corpus.made}; make a "
        f"copy of your own from {pages} and train on it with --set corpus.sha256="
    )


def download(url: str, target: Path, size: int, sha256: str, timeout: float) -> None:
    """Write what a URL has, `size` bytes of that sha256, to a file; `timeout` is in seconds without a byte.

    Raises TextgenError for no network, an answer that is not these bytes, and a disk that cannot be
    written; then there is no file, not even a part of one.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with appearing_file(target) as part:
            check_digest(url, write(part, received(url, size, timeout)), sha256)
    except OSError as error:
        reason = error.strerror or error
        raise TextgenError(
            f"{target} cannot be written ({reason}); make room, or choose --to FOLDER"
        ) from error


@contextmanager
def appearing_file(target: Path) -> Iterator[Path]:
    """A path that becomes `target` when the block ends well, and vanishes when it does not."""
    part = target.with_name(f".part-{target.name}-{os.getpid()}")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write(part: Path, blocks: Iterable[bytes]) -> str:
    """Write the blocks → their sha256. Raises OSError."""
    digest = hashlib.sha256()
    with part.open("wb") as stream:
        for block in blocks:
            digest.update(block)
            stream.write(block)
    return digest.hexdigest()


def received(url: str, size: int, timeout: float) -> Iterator[bytes]:
    """What the URL has, in blocks. Raises TextgenError unless it is `size` bytes."""
    count = 0
    for block in answered(url, size + 1, timeout):
        count += len(block)
        if count > size:
            raise TextError(f"{url} has more than the {size:,} bytes it should have; {OWN_COPY}")
        yield block
    if count < size:
        raise TextgenError(f"{url} ended after {count:,} of {size:,} bytes; try again")


def answered(url: str, limit: int, timeout: float) -> Iterator[bytes]:
    """At most `limit` bytes of the answer, in blocks. Raises TextgenError for what the network does."""
    try:
        with urlopen(url, timeout=timeout) as answer:
            while limit > 0 and (block := answer.read(min(BLOCK, limit))):
                limit -= len(block)
                yield block
    except HTTPError as error:
        raise TextgenError(
            f"{url} answered {error.code} {error.reason}; try again later, or {OWN_COPY}"
        ) from error
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise TextgenError(
            f"{url} cannot be reached ({reason}); look at the network connection and try again"
        ) from error


def check_digest(url: str, digest: str, sha256: str) -> None:
    if digest != sha256:
        raise TextError(f"{url} must have the sha256 {sha256}, got {digest}; {OWN_COPY}")
