"""The opening of the model that the page opens with, worked out anew.

python -m scripts.opening
"""

from __future__ import annotations

import json

from textgen.experiments.texts import predict
from textgen.models.folder import weights_sha256
from textgen.models.opening import FILE, to_json
from textgen.models.registry import FIRST, SHIPPED, Registry
from textgen.ui.sidebar.sidebar import first_context


def main() -> None:
    registry = Registry(SHIPPED)
    folder, context = registry.folder(FIRST), first_context(registry)
    held = to_json(predict(registry.get(FIRST), context), context, weights_sha256(folder))
    (folder / FILE).write_text(json.dumps(held, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
