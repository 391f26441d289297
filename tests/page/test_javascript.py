"""The page's modules without a browser: their unit tests in Node.js, and their types."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.boards import absent

from tinycl.page.site import STATIC
from tools.page.fetch import TYPESCRIPT, fetch


@pytest.fixture(autouse=True)
def _node() -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        absent("no Node.js: run tools/boards/setup.sh --browser")


def test_unit_tests_in_node_pass() -> None:
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.mjs")))
    ran = subprocess.run(["node", "--test", *tests], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr


def test_types_are_right() -> None:
    compiler = fetch(TYPESCRIPT) / "bin" / "tsc"
    words = ["node", str(compiler), "-p", str(STATIC / "jsconfig.json")]
    ran = subprocess.run(words, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
