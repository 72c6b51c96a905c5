"""Count a text's characters for Shannon's game: python -m scripts.letter_counts tinyshakespeare.txt

The first 90% are counted, which is what the models of this text learned from.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from textgen.classroom.letters import FILE, Letters

SHARE = 0.9


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    counted = Letters.fit(text[: int(SHARE * len(text))]).to_json()
    FILE.write_text(json.dumps(counted, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
