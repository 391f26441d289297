"""Serves the page on this computer, and lets it talk to one board.

Only who knows the token, from a page of this very server, gets at the board: another page in the
same browser has neither. Host names are checked too, so that none can be pointed to this server.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from tinycl.exceptions import TinyclError
from tinycl.link.transport import Transport
from tinycl.page.site import SECURITY, TYPES, read

__all__ = ["PageServer"]

_BOARD = "/board"
_MOST_BYTES = 65536  # of a message, and read from the board at a time
_POLL_SECONDS = 0.2


class PageServer:
    """The page's server.

    Parameters
    ----------
    host, port
        Where it listens; port 0 takes a free one.
    open_board
        Opens the byte stream of the board, once for each page that connects; None: there is no
        board but that in the page.
    board
        What the page calls that board.

    Attributes
    ----------
    url : str
        Address of the page, with the token.
    is_local : bool
        Whether it listens to this computer alone.

    Raises
    ------
    TinyclError
        The port is taken, or the host is none of this computer.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        open_board: Callable[[], Transport] | None = None,
        board: str = "",
    ) -> None:
        self._open_board = open_board
        self._in_use = threading.Lock()
        self._token = secrets.token_urlsafe(16)
        try:
            self._server: Server = serve(
                self._bridge,
                host,
                port,
                process_request=self._answer,
                max_size=_MOST_BYTES,
                compression=None,
                server_header=None,
            )
        except OSError as error:
            raise TinyclError(
                f"cannot listen on {host}, port {port} ({error.strerror or error}); choose "
                "another with --port"
            ) from None
        self.port = int(self._server.socket.getsockname()[1])
        name = f"[{host}]" if ":" in host else host
        self._origin = f"http://{name}:{self.port}"
        self.is_local = host in ("127.0.0.1", "localhost", "::1")
        named = f"&board={quote(board)}" if open_board else ""
        self.url = f"{self._origin}/?token={self._token}{named}"

    def run(self) -> None:
        """Serve until ``close``."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop serving; pages lose the board."""
        self._server.shutdown()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A file, a refusal, or None: a page may have the board."""
        if self.is_local and request.headers.get("Host", "") not in self._names():
            return _refuse(HTTPStatus.MISDIRECTED_REQUEST, "this server has another name")
        address = urlsplit(request.path)
        if address.path == _BOARD:
            return self._refusal(request, parse_qs(address.query))
        try:
            data = read(address.path.removeprefix("/"))
        except TinyclError as error:
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if data is None:
            return _refuse(HTTPStatus.NOT_FOUND, "there is no such file")
        suffix = "." + (address.path.rpartition(".")[2] if "." in address.path else "html")
        return _reply(HTTPStatus.OK, TYPES[suffix], data)

    def _refusal(self, request: Request, query: dict[str, list[str]]) -> Response | None:
        given = query.get("token", [""])[0]
        if request.headers.get("Origin") not in self._origins(request):
            return _refuse(HTTPStatus.FORBIDDEN, "another page may not use the board")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _refuse(
                HTTPStatus.FORBIDDEN, "the token is wrong: open the address printed last"
            )
        if self._open_board is None:
            return _refuse(
                HTTPStatus.NOT_FOUND, "tinycl page was started without --serial or --board"
            )
        return None

    def _names(self) -> set[str]:
        return {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    def _origins(self, request: Request) -> set[str]:
        if self.is_local:
            return {f"http://{name}" for name in self._names()}
        return {f"http://{request.headers.get('Host', '')}"}

    def _bridge(self, page: ServerConnection) -> None:
        """Pass bytes on, both ways, until one side goes."""
        assert self._open_board is not None
        if not self._in_use.acquire(blocking=False):
            page.close(reason="another page uses the board; close it first")
            return
        try:
            board = self._open_board()
        except TinyclError as error:
            self._in_use.release()
            page.close(reason=_short(str(error)))
            return
        done = threading.Event()
        sender = threading.Thread(target=_from_board, args=(board, page, done), daemon=True)
        sender.start()
        try:
            for message in page:
                if isinstance(message, bytes):
                    board.write(message)
        except (TinyclError, ConnectionClosed):
            pass
        finally:
            done.set()
            sender.join()
            board.close()
            self._in_use.release()


def _from_board(board: Transport, page: ServerConnection, done: threading.Event) -> None:
    try:
        while not done.is_set():
            if data := board.read(_MOST_BYTES, _POLL_SECONDS):
                page.send(data)
    except TinyclError as error:
        with suppress(ConnectionClosed):
            page.close(reason=_short(str(error)))
    except ConnectionClosed:
        pass


def _short(reason: str) -> str:
    """As much of a sentence as a WebSocket's end may carry."""
    return reason.encode()[:120].decode(errors="ignore")


def _refuse(status: HTTPStatus, why: str) -> Response:
    return _reply(status, "text/plain; charset=utf-8", f"{why}\n".encode())


def _reply(status: HTTPStatus, kind: str, data: bytes) -> Response:
    headers = Headers()
    headers["Content-Type"] = kind
    headers["Content-Length"] = str(len(data))
    headers["Content-Security-Policy"] = f"{SECURITY}; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cache-Control"] = "no-store"
    headers["Connection"] = "close"
    return Response(status.value, status.phrase, headers, data)
