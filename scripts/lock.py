"""Pin all that is installed, with its checksums: `python -m scripts.lock` writes the files in locked/.

app.txt is what the app needs; the others hold what comes on top of it. Each version stands there with the
checksums of all its files, for every system and every Python that this runs on, so it does not matter from
where a file comes. PyTorch alone is pinned by its version, in requirements.txt: its builds for one system
differ by index (for the processor alone, for CUDA), and each pins what it needs of CUDA itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "locked"
LISTS = {  # a file, and what is resolved for it
    "app": ["requirements.txt"],
    "redis": ["pyproject.toml", "--extra", "redis"],
    "train": ["pyproject.toml", "--extra", "train"],
    "test": ["pyproject.toml", "--extra", "train", "--extra", "dev"],
}
COMPILE = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
AS = ["--generate-hashes", "--no-header", "--no-annotate"]
BY_VERSION = re.compile(r"(torch|triton|cuda-.*|nvidia-.*)==")


def main() -> int:
    """Resolve anew, keeping what is there where it still fits; `--upgrade` takes the newest."""
    LOCKED.mkdir(exist_ok=True)
    app: list[str] = []
    for name, wanted in LISTS.items():
        found = [block for block in resolved(name, wanted, sys.argv[1:]) if not BY_VERSION.match(block)]
        app = app or found
        own = found if name == "app" else [block for block in found if block not in app]
        (LOCKED / f"{name}.txt").write_text("\n".join(own) + "\n", encoding="utf-8")
    return 0


def resolved(name: str, wanted: list[str], options: Iterable[str]) -> list[str]:
    """A block of lines a package: its name and version, and its checksums."""
    kept = LOCKED / "app.txt"
    held = ["--constraints", str(kept)] if name != "app" and kept.exists() else []
    run = subprocess.run(
        [*COMPILE, *AS, *wanted, *held, *options], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return re.split(r"\n(?=[a-zA-Z0-9])", run.stdout.decode().strip())


def locked(text: str) -> dict[str, str]:
    """The lines of a file in locked/, or of requirements: the versions by name."""
    return dict(re.findall(r"^\s*\"?([A-Za-z0-9._-]+)(?:\[\w+\])?==([^\s;\\\",]+)", text, re.MULTILINE))


if __name__ == "__main__":
    raise SystemExit(main())
