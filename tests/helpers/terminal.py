"""The command line in a terminal, for tests that press Ctrl-C."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect

__all__ = ["Terminal"]


class Terminal:
    """The command line in a terminal of its own, which sends Ctrl-C to all its processes."""

    def __init__(self, *words: object, cwd: Path | None = None, **environment: str) -> None:
        self.log = io.StringIO()
        self.child = pexpect.spawn(
            str(Path(sys.executable).with_name("tinycl")),
            [str(word) for word in words],
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "300", **environment},
            cwd=cwd,
            dimensions=(24, 300),
            encoding="utf-8",
            codec_errors="replace",
            timeout=60,
            logfile=self.log,
        )

    def until(self, happened: Callable[[], bool]) -> None:
        """Read what it writes, lest it waits for that, until something has happened."""
        deadline = time.monotonic() + 120
        while not happened():
            assert time.monotonic() < deadline and self.child.isalive(), self.log.getvalue()
            self.child.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=0.02)

    def interrupted(self, saving: bool = True) -> None:
        """Press Ctrl-C."""
        self.child.sendintr()
        if saving:
            self.child.expect_exact("interrupted, saving")

    def end(self, code: int = 130) -> str:
        """What was said until it ended with an exit code."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus == code, self.log.getvalue()
        assert "Traceback" not in self.log.getvalue(), self.log.getvalue()[-3000:]
        return self.log.getvalue()
