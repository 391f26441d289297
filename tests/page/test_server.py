"""Who may use the server of the page, and its board."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers.command import tinycl
from helpers.page import started
from tinycl_rt.link.frames import encode
from tinycl_rt.link.protocol import HELLO
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tinycl.boards import start
from tinycl.cli import page
from tinycl.exceptions import TinyclError
from tinycl.link.transport import open_transport
from tinycl.page import site
from tinycl.page.server import PageServer


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with start("cpython") as board:
        server = PageServer(open_board=lambda: open_transport(board.port))
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server
        server.close()
        thread.join()


def address(server: PageServer, token: str | None = None) -> tuple[str, Origin]:
    """The board's, and the origin of the page."""
    parts = urlsplit(server.url)
    query = parts.query.partition("&")[0] if token is None else f"token={token}"
    return f"ws://{parts.netloc}/board?{query}", Origin(f"http://{parts.netloc}")


def test_the_board_answers_its_own_page(server: PageServer) -> None:
    url, origin = address(server)
    with connect(url, origin=origin) as first:
        first.send(encode(HELLO, 0, 1, bytes((1, 0))))
        reply = first.recv(timeout=20)
        assert isinstance(reply, bytes) and reply[:3] == encode(HELLO, 0, 1, b"")[:3]
        with (
            connect(url, origin=origin) as other,
            pytest.raises(ConnectionClosed, match="another page uses the board"),
        ):
            other.recv(timeout=20)


@pytest.mark.parametrize(
    ("token", "origin", "host"),
    [
        (None, "http://evil.example", None),
        (None, "null", None),
        (None, None, None),
        ("wrong", "", None),
        ("", "", None),
        (None, "", "evil.example"),
    ],
)
def test_others_do_not_get_at_the_board(
    server: PageServer, token: str | None, origin: str | None, host: str | None
) -> None:
    url, own = address(server, token)
    headers = {"Origin": own if origin == "" else origin} if origin is not None else {}
    if host:
        url = url.replace("127.0.0.1", host)
    stream = socket.create_connection(("127.0.0.1", server.port))
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=headers, sock=stream)
    assert refused.value.response.status_code in (403, 421)


def test_files_outside_of_the_page_are_not_served() -> None:
    assert site.read("page.js")
    for path in (
        "../site.py",
        "../../cli/page.py",
        "/etc/passwd",
        "jsconfig.js",
        "zoo/../site.py",
    ):
        assert site.read(path) is None


def test_a_port_that_is_taken_costs_a_sentence(server: PageServer) -> None:
    with pytest.raises(TinyclError, match="choose another with --port"):
        PageServer(port=server.port)


def test_an_emulated_board_that_ended_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = start("cpython")
    monkeypatch.setattr("tinycl.boards.start", lambda *_, **__: machine)
    with ExitStack() as stack:
        opener = page._opener(stack, None, "cpython", None)
        assert opener is not None
        opener().close()
        machine.kill()
        opener().close()
        assert machine.is_running


def test_an_emulated_board_ends_with_the_page() -> None:
    with started("--board", "cpython") as (url, process):
        assert url.startswith("http://127.0.0.1:")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
    assert process.returncode == 130
    assert not Path("/proc", *children).exists()


def test_a_board_that_is_none_costs_a_sentence() -> None:
    ran = tinycl("page", "--no-open", "--board", "abacus")
    assert ran.returncode == 1 and "abacus" in ran.stderr and "Traceback" not in ran.stderr
