"""Vendors on the loopback address that answer as a test says, byte by byte: a mail server and an HTTP server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reply = str | Callable[[str], str | None]


@dataclass
class MailServer:
    """A mail server. `replies` overrides its answer to a command (`MAIL`, `RCPT`, `DATA`), to a message (`BODY`), to the
    connection (`GREETING`) or to `AUTH`; a callable gets the line and may answer None."""

    replies: dict[str, Reply] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    port: int = 0
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)  # MAIL, RCPT, message
    lines: list[str] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    def answer(self, verb: str, line: str, otherwise: str) -> bytes:
        """The reply to a line."""
        reply = self.replies.get(verb)
        said = reply(line) if callable(reply) else reply
        return f"{said or otherwise}\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self.open.add(writer)
        writer.write(self.answer("GREETING", "", "220 here"))
        sender = recipient = ""
        while raw := await reader.readline():
            line = raw.decode("utf-8", "replace").strip()
            self.lines.append(line)
            verb = line[:4].upper()
            if verb == "EHLO":
                lines = ["here", *self.extensions]
                marks = ["-"] * (len(lines) - 1) + [" "]
                writer.write("".join(f"250{mark}{each}\r\n" for mark, each in zip(marks, lines, strict=True)).encode())
            elif verb == "MAIL":
                reply = self.answer(verb, line, "250 2.1.0 ok")
                sender = line if reply[:1] == b"2" else ""
                writer.write(reply)
            elif verb == "RCPT":
                reply = self.answer(verb, line, "250 2.1.5 ok") if sender else b"503 5.5.1 MAIL first\r\n"
                recipient = line if reply[:1] == b"2" else ""
                writer.write(reply)
            elif verb == "DATA" and not recipient:
                writer.write(b"503 5.5.1 RCPT first\r\n")
            elif verb == "DATA":
                reply = self.answer(verb, line, "354 go on")
                writer.write(reply)
                if reply[:1] == b"3":
                    text = await reader.readuntil(b"\r\n.\r\n")
                    reply = self.answer("BODY", recipient, "250 2.0.0 taken")
                    if reply[:1] == b"2":
                        self.taken.append((sender, recipient, text[:-3].replace(b"\r\n..", b"\r\n.")))
                    writer.write(reply)
                sender = recipient = ""
            elif verb == "AUTH":
                writer.write(self.answer(verb, line, "235 2.7.0 welcome"))
            else:
                writer.write(b"250 2.0.0 ok\r\n")
        self.open.discard(writer)
        writer.close()


@asynccontextmanager
async def mail_server(server: MailServer) -> AsyncIterator[MailServer]:
    """Run it."""
    listener = await asyncio.start_server(server.serve, "127.0.0.1", server.port)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for writer in list(server.open):
            writer.close()


@dataclass
class HttpVendor:
    """An HTTP server: `answer` gets the number of the request (from 1) and its body, and gives the raw bytes of the answer;
    nothing cuts the connection."""

    answer: Callable[[int, bytes], bytes]
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client; each connection takes one request."""
        self.open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            self.bodies.append(await reader.readexactly(length))
            writer.write(self.answer(len(self.bodies), self.bodies[-1]))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client hung up first
        finally:
            self.open.discard(writer)
            writer.close()


def http_answer(status: int, body: bytes, kind: str = "application/json", *headers: str) -> bytes:
    """A whole HTTP answer."""
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def http_vendor(answer: Callable[[int, bytes], bytes]) -> AsyncIterator[HttpVendor]:
    """Run it."""
    vendor = HttpVendor(answer)
    listener = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    vendor.port = listener.sockets[0].getsockname()[1]
    try:
        yield vendor
    finally:
        listener.close()
        for writer in list(vendor.open):
            writer.close()
