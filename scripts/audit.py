"""Look up whether weaknesses are known in what is installed: `make audit`; `make lint` does so once a day.

    python -m scripts.audit [--daily]

Without a network it says so and is content. `--daily` tells what it finds but does not fail: a weakness that
became known overnight is no mistake of who runs the tests.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from pathlib import Path

from scripts.lock import LOCKED

DAY = 24 * 3600.0  # seconds
MOMENT = 1.0  # seconds that the look for a network may take
PATIENCE = 20.0  # seconds that the tests have for it, beside the type checker
STAMP = Path(sys.prefix) / "audit.stamp"


def main() -> int:
    """The exit status: 0 where nothing is known, or nothing can be."""
    lists, daily = sorted(LOCKED.glob("*.txt")), "--daily" in sys.argv
    if daily and is_fresh(lists):
        return 0
    if not reachable():
        print("pip-audit: skipped, its list of weaknesses cannot be reached from here", file=sys.stderr)
        return 0
    status = audit(lists, PATIENCE if daily else None)
    if status == 0:
        STAMP.write_text(digest(lists))
    return 0 if daily else status


def audit(lists: list[Path], patience: float | None) -> int:
    """Ask for every package that is pinned."""
    named = [word for path in lists for word in ("--requirement", str(path))]
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--vulnerability-service",
        "osv",
        "--progress-spinner",
        "off",
    ]
    command += ["--disable-pip", "--require-hashes", *named]
    try:
        return subprocess.run(command, check=False, timeout=patience).returncode
    except subprocess.TimeoutExpired:
        print("pip-audit: skipped, it takes too long now; `make audit` waits for it", file=sys.stderr)
        return 1


def is_fresh(lists: list[Path]) -> bool:
    """Whether the same packages were looked up within a day."""
    try:
        return STAMP.read_text() == digest(lists) and time.time() - STAMP.stat().st_mtime < DAY
    except OSError:
        return False


def digest(lists: list[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()


def reachable() -> bool:
    """Whether what pip-audit asks can be asked, found out within a moment."""
    answered: list[bool] = []
    looking = threading.Thread(target=lambda: answered.append(asks()), daemon=True)
    looking.start()
    looking.join(MOMENT)
    return any(answered)


def asks() -> bool:
    import requests
    from pip_audit._service.osv import OsvService

    try:
        return requests.post(OsvService.DEFAULT_OSV_URL, json={}, timeout=MOMENT).status_code < 500
    except requests.RequestException:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
