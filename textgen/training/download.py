"""A file from the network, which appears when it is the right one or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from textgen.errors import TextError, TextgenError

BLOCK = 1 << 16  # bytes
OWN_COPY = "a copy of your own can be trained on with --set corpus.sha256="


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
