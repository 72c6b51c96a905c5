"""The texts that recipes were made for: where they come from, and how to have them again."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textgen.errors import TextError, shorten
from textgen.training.download import download
from textgen.training.reading import sha256_of

BUNDLED = Path(__file__).resolve().parent / "corpora.toml"


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


def fetch(corpus: KnownCorpus, folder: Path, tell: Callable[[str], None], timeout: float = 30) -> list[Path]:
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
        fetch_file(file, folder / file.file, tell, timeout)
    return [folder / file.file for file in corpus.files]


def fetch_file(file: CorpusFile, target: Path, tell: Callable[[str], None], timeout: float) -> None:
    if target.is_file():
        tell(f"{target} is there already")
        return
    tell(f"{target} from {file.url}, {file.bytes:,} bytes")
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
