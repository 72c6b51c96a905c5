"""Start Temperature Lab: flags → the page → a server. `python app.py --help` lists the flags."""

from __future__ import annotations

from textgen.ui.frame.main import main

if __name__ == "__main__":
    raise SystemExit(main())
