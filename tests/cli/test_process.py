"""What only a real process shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.running import COIN

ROOT = Path(__file__).parent.parent.parent


# What a shell starts in the background ignores Ctrl+C, and so would what the tests start.
HEEDING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from textgen.cli import main
sys.exit(main())
"""


class TestProcess:
    """What only a real process shows."""

    def run(self, *argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "textgen", *argv]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120, **options)

    def test_exit_codes_reach_the_shell(self) -> None:
        assert self.run("next", *COIN).returncode == 0
        assert self.run("next", *COIN, "-t", "nan").returncode == 2

    def test_a_terminal_without_unicode_gets_question_marks(self) -> None:
        run = self.run("next", "--numbers", "é: 1, ␣: 2", env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert (run.returncode, run.stderr) == (0, b"")
        assert run.stdout.startswith(b"token")

    def test_a_reader_that_leaves_is_no_error(self, models_folder: Path) -> None:
        argv = [sys.executable, "-m", "textgen", "sample", "-l", "5000", "--models", str(models_folder)]
        with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()
            assert b"Traceback" not in process.stderr.read()
        assert process.returncode == 0

    def test_ctrl_c_ends_with_a_word(self, models_folder: Path) -> None:
        """The text is longer than a pipe holds, so its writer is there still, however busy the machine."""
        argv = [sys.executable, "-c", HEEDING, "sample", "-l", "5000", "--models", str(models_folder)]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        pipes |= {"bufsize": 0, "pipesize": 4096}
        with subprocess.Popen(argv, cwd=ROOT, **pipes) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.stderr.read().endswith(b"textgen: stopped\n")
        assert process.returncode == 130
