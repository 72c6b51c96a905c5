"""The catalogues for Python: what it says before a script can."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ENGLISH = "en"
FOLDER = Path(__file__).parent


@cache
def languages() -> list[str]:
    """The languages that there is a catalogue of words for: en, de, …"""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def catalogue(language: str, folder: Path = FOLDER) -> Mapping[str, str]:
    """The words of a language that there is, English where it lacks one; a room's own lie in its folder."""
    names = dict.fromkeys((ENGLISH, language))
    texts = [(folder / f"{name}.json").read_text(encoding="utf-8") for name in names]
    return {key: text for words in texts for key, text in json.loads(words).items()}


def language_for(accepted: str) -> str:
    """The first language of an Accept-Language header that there is, else English."""
    wanted = [name.lower() for name in re.findall(r"(?:^|,)\s*([A-Za-z]+)", accepted[:200])]
    return next((name for name in wanted if name in languages()), ENGLISH)
