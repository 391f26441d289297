"""The page teaches a board behind the server and one at a serial port; nobody else gets at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.page import DIGITS, Person, chromium, serving

Make = Callable[..., Person]

# A serial port of the browser, at the other end of which the server's board is; it damages some of
# what goes through it.
SERIAL = """
let count = 0;
const damaged = (bytes) => {
  const copy = bytes.slice();
  if (++count % 13 === 0) copy[count % copy.length] ^= 1 << (count % 8);
  return copy;
};
Object.defineProperty(navigator, "serial", { value: { requestPort: async () => {
  const query = location.search.split("&")[0];
  const socket = new WebSocket(`ws://${location.host}/board${query}`);
  socket.binaryType = "arraybuffer";
  globalThis.unplug = () => socket.close();
  const opened = new Promise((resolve) => (socket.onopen = resolve));
  return {
    open: () => opened,
    close: async () => socket.close(),
    writable: new WritableStream({ write(bytes) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error("unplugged");
      socket.send(damaged(bytes));
    } }),
    readable: new ReadableStream({ start(stream) {
      socket.onmessage = ({ data }) => stream.enqueue(damaged(new Uint8Array(data)));
      socket.onclose = () => stream.error(new Error("unplugged"));
    } }),
  };
} } });
"""
STEAL = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A page of a server that has an emulated MicroPython board."""
    chromium()
    built("unix")
    with serving("--board", "unix") as url:
        yield url


def test_a_board_behind_the_server_learns_what_the_page_has(
    person: Make, url: str, tmp_path: Path
) -> None:
    one = person()
    one.visit(url)
    for name in ("one", "seven"):
        one.teach(one.add_class(name), name, 3)
    own = one.settled()
    one.find("connect").click()
    one.board_is("linux")
    assert one.settled() == own
    one.teach(one.add_class("four"), "four", 3)
    one.draw(DIGITS["four"])
    one.shows("predict", "four")
    there = one.settled()
    assert there != own and one.learned() == 9
    assert there == one.simulated(tmp_path)

    # The board renames and forgets without learning anew, which the command does not repeat.
    one.rename(2, "vier")
    one.shows("predict", "vier")
    assert one.find("inexact").is_visible()
    renamed = one.settled()
    one.find("anew").click()
    assert one.settled() not in (there, renamed)
    assert one.find("inexact").is_hidden()
    one.find("class-remove").nth(1).click()
    forgot = one.settled()
    assert one.learned() == 9 and one.find("tile").count() == 6
    one.find("disconnect").click()
    one.board_is("Emscripten")
    assert forgot != one.settled() == one.simulated(tmp_path)
    assert one.learned() == 6

    # Somebody else's page finds a board that has learned, and goes on with it.
    other = person()
    other.visit(url)
    other.find("connect").click()
    other.find("question-on").click()
    other.shows("learned", "9 samples")
    assert other.settled() == forgot and other.names() == ["one", "vier"]
    other.teach(other.add_class("seven"), "seven", 3)
    other.draw(DIGITS["four"])
    other.shows("predict", "vier")
    other.find("undo").click()
    other.shows("learned", "11 samples")
    other.rename(0, "eins")
    other.draw(DIGITS["one"])
    other.shows("predict", "eins")
    after = other.settled()
    assert other.learned() == 11 and other.find("anew").is_hidden()
    other.page.reload()
    other.settled()
    other.find("connect").click()
    other.board_is("linux")
    assert other.settled() == after

    thief = other.page.context.new_page()
    thief.route("http://evil.example/", lambda route: route.fulfill(body="<p>Win a prize</p>"))
    thief.goto("http://evil.example/")
    board = url.replace("http", "ws").replace("/?", "/board?")
    assert thief.evaluate(STEAL, board) == "refused"


def test_a_board_at_a_bad_serial_cable_is_unplugged_and_goes_on(
    person: Make, url: str, tmp_path: Path
) -> None:
    one = person()
    one.page.add_init_script(SERIAL)
    one.visit(url.partition("&")[0])
    one.teach(one.add_class("one"), "one", 2)
    own = one.settled()
    one.find("connect").click()
    one.board_is("linux")
    one.find("question-yes").click()
    one.shows("learned", "2 samples")
    assert one.settled() == own
    one.teach(0, "one", 1)
    one.page.evaluate("unplug()")
    one.shows("trouble", re.compile("unplugged"))
    one.teach(one.add_class("seven"), "seven", 2)
    one.find("connect").click()
    one.shows("learned", "5 samples")
    assert one.settled() == one.simulated(tmp_path)
