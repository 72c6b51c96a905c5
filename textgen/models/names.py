"""Names of models: one folder each, on every system."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from textgen.errors import TextgenError, shorten

LONGEST_NAME = 64  # characters
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")


def usual_name(path: Path) -> str:
    """A model's name from that of a file: `My Novel (2).txt` gives `My-Novel-2`."""
    plain = unicodedata.normalize("NFKD", path.resolve().stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._")[:LONGEST_NAME].rstrip("-._") or "my-model"


def check_name(name: str) -> str:
    """A name that is one folder on every system. Raises TextgenError."""
    if not NAME.fullmatch(name) or name.endswith("."):
        raise TextgenError(
            f"a model's name must be 1 to 64 letters, digits, '.', '_' or '-', got {shorten(name)!r}; "
            f"for example {usual_name(Path(name[:999].replace(os.sep, ' ')))}"
        )
    return name


def plain_name(name: str) -> str:
    """A file's name that every system takes, its letters and its ending as they were."""
    kept = re.sub(r"[^\w .()+-]", "_", unicodedata.normalize("NFC", name)).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:80].strip(' .') or 'checkpoint'}{dot}{ending[:20]}" if dot else kept[:80] or "checkpoint"
