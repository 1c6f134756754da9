"""The API's HTTP server: uvicorn, whose connections have limits of size and time before anything is spent on them.

uvicorn bounds neither a request's head nor how long one may take to arrive. The gateway holds the same numbers
(`py360 gateway-config`); here they hold without one, too.
"""

import asyncio
import resource
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from py360.entrypoints.api import proxies
from py360.kit.settings import Settings

HEAD_BYTES: Final = 32 << 10  # the request line and all headers
HEADERS_MOST: Final = 100
HEAD_SECONDS: Final = 10  # from the connection, or the first byte of a further request, to the end of the headers
BODY_SECONDS: Final = 30  # to begin with, and more for what arrives
BODY_BYTES_PER_SECOND: Final = 8 << 10
FRAMING_PER_BYTE: Final = 16  # bytes around each byte of a chunked body; beyond these and a head's size it is refused
LINGER_SECONDS: Final = 2
WRITE_SECONDS: Final = 60  # without the client taking anything of an answer
WAITING_MOST: Final = 4_000  # connections without a whole request; above, the oldest is closed
LOOK_SECONDS: Final = 5.0
UNTAKEN_BYTES: Final = 1 << 20  # of answers to pings that a WebSocket's client does not read
FILES: Final = 65_536
_waiting: "dict[BoundedProtocol, None]" = {}  # in the order in which they began to wait


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose request must arrive in time and within limits, and whose answer must be taken."""

    _refused = False
    _head = 0  # bytes of the head so far
    _in_head = True
    _body = 0  # bytes of the body so far, with what is around its chunks
    _content = 0  # of which are content
    _body_since = 0.0
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A connection: its first request must arrive."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._waits_no_more()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head or of a body."""
        if self._refused:
            return
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._begin_head()  # on a kept connection the time starts with any byte: empty lines begin no message
        if self._in_head:
            self._head += len(data)
        else:
            self._body += len(data)
        super().data_received(data)
        if self._in_head and self._head > HEAD_BYTES:
            self._refuse(431, "Request Header Fields Too Large")
        elif not self._in_head and self._body - self._content > HEAD_BYTES + FRAMING_PER_BYTE * self._content:
            self._refuse(400, "Bad Request")  # trailers or extensions of chunks without end

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True
        if self._timer is None:
            self._begin_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Trailers behind a chunked body are dropped, so that none passes for a header."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: start the request, unless the head is too large."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEADERS_MOST:
            self._refuse(431, "Request Header Fields Too Large")
            return
        self._in_head, self._head, self._body, self._content = False, 0, 0, 0
        self._waits_no_more()
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        self._body_since = self.loop.time()
        self._wait(LOOK_SECONDS)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._content += len(body)
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has arrived."""
        if not self._refused:
            self._waits_no_more()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is out. When the body is not wanted any more (401, 413), close the connection soon: the client should read the answer first."""
        if self.cycle.more_body and not self.pipeline:
            self._refused = True
            self._waits_no_more()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client does not take the answer as fast as it is sent."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken some."""
        self._stop_write_timer()
        super().resume_writing()

    def _begin_head(self) -> None:
        self._in_head, self._head = True, 0
        self._wait(HEAD_SECONDS)

    def _wait(self, seconds: float) -> None:
        """Something must arrive within these seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look)
        _waiting[self] = None
        if len(_waiting) > WAITING_MOST:
            oldest = next(iter(_waiting))
            oldest._waits_no_more()
            oldest.transport.abort()

    def _waits_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        _waiting.pop(self, None)

    def _look(self) -> None:
        """The time is up: for the head at once, for a body when it came too slowly while it was wanted."""
        self._timer = None
        if self._in_head:
            self._refuse(408, "Request Timeout")
            return
        if self.flow.read_paused:  # the application is behind, not the client
            self._body_since += LOOK_SECONDS
        if self.loop.time() - self._body_since > BODY_SECONDS + self._body / BODY_BYTES_PER_SECOND:
            self._refuse(408, "Request Timeout")
        else:
            self._wait(LOOK_SECONDS)

    def _refuse(self, status: int, reason: str) -> None:
        """Answer with the reason, unless an answer has begun, and close the connection. A connection that sent nothing gets no answer."""
        self._refused = True
        self._waits_no_more()
        has_begun = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not has_begun and (self._head or self._body or not self._in_head):
            head = f"HTTP/1.1 {status} {reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head.encode())
        self.transport.close()

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


class BoundedSocket(WebSocketsSansIOProtocol):
    """A WebSocket whose handshake is always answered, and whose client must read what it asked for."""

    def data_received(self, data: bytes) -> None:
        """Bytes of the handshake or of frames. A handshake that cannot be read, such as one with a body, would wait for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def handle_ping(self) -> None:
        """Answer a ping, as long as the client takes the answers."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNTAKEN_BYTES:
            self.transport.abort()


def options(config: Settings) -> dict[str, Any]:
    """uvicorn's options for the API."""
    return {
        "host": config.host.strip("[]"),
        "port": config.port,
        "loop": "uvloop",
        "http": BoundedProtocol,
        "ws": BoundedSocket,
        **proxies(config),
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 5,  # a WebSocket or a slow download does not hold up the stop
        "ws_max_size": 1 << 16,  # clients send nothing that is read
        "ws_max_queue": 8,
    }


def serve(app: ASGIApp, config: Settings) -> None:
    """Serve until stopped. Every connection is a file: as many as the system allows us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    uvicorn.run(app, **options(config))
