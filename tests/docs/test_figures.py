"""The counted and seeded figures of README and docs are what the code gives today."""

from __future__ import annotations

import re

import pytest
from helpers.boards import built

from tinycl import zoo
from tools.figures.__main__ import differences, main
from tools.figures.lines import Line, LineError
from tools.figures.parts import PARTS

LINE = Line("page.md", "| flash | {flash:.1f} KiB |\n")
PAGE = "| flash | 8.2 KiB |\n| flash | 8.2 KiB | more |\n"


def test_a_line_is_found_and_worded() -> None:
    assert LINE.found(PAGE) == "| flash | 8.2 KiB |\n"
    assert LINE.wanted({"flash": 8.25}) == "| flash | 8.2 KiB |\n"
    assert LINE.wanted({"flash": 9}) == "| flash | 9.0 KiB |\n"


@pytest.mark.parametrize(("page", "times"), [("", 0), (PAGE + PAGE, 2)])
def test_a_line_that_is_not_there_once(page: str, times: int) -> None:
    with pytest.raises(LineError, match=re.escape("page.md") + f".*found {times}"):
        LINE.found(page)


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--part", "nosuch"]) == 1
    assert "kernels" in capsys.readouterr().err


class Never:
    """A value that every format prints as a figure that no page quotes."""

    def __format__(self, spec: str) -> str:
        return "-1"


class Values(dict[str, object]):
    """All of them."""

    def __missing__(self, name: str) -> object:
        return Never()


def test_every_line_stands_in_its_page_and_a_change_is_seen() -> None:
    for name, part in PARTS.items():
        assert len(differences(name, Values())) == len(part.lines)


@pytest.mark.parametrize("name", ["kernels", "letters", "native", "imports", "zoo", "study"])
def test_pages_say_what_is_measured(name: str) -> None:
    for board in ("cortex-m3", "cortex-m0"):
        built(board)
    values = PARTS[name].measure()
    assert differences(name, values) == []
    if name == "zoo":
        for one in map(zoo.card, zoo.names()):
            assert one.instructions_cortex_m3 == values[f"{one.name}_instructions"]
