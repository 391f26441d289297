"""One Chromium for all tests of the page; each test has its own profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from helpers.page import Person, chromium, serving, write_film, write_sounds


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Debian's Chromium without a window, with a camera and a microphone of ours."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("devices")
    film, sounds = folder / "film.y4m", folder / "sounds.wav"
    write_film(film)
    write_sounds(sounds)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments += ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    arguments += [f"--use-file-for-fake-video-capture={film}"]
    arguments += [f"--use-file-for-fake-audio-capture={sounds}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def url(browser: Any) -> Iterator[str]:
    """A page without a board but its own."""
    with serving() as url:
        yield url


@pytest.fixture
def person(browser: Any) -> Iterator[Callable[..., Person]]:
    """Makes somebody with a profile of their own; what they do may not end in an error."""
    contexts, people = [], []

    def make(**options: Any) -> Person:
        contexts.append(browser.new_context(**options))
        people.append(Person(contexts[-1].new_page()))
        return people[-1]

    yield make
    for context in contexts:
        context.close()
    for one in people:
        assert one.errors == []
