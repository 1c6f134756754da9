"""A mail server that takes everything and keeps nothing: what the mail benchmarks send to.

    python bench/smtp_sink.py --port 2525 [--no-pipelining] [--keep N]

Prints `listening on <port>` once ready, and on SIGTERM or SIGINT one JSON line: messages, bytes, seconds between the
first and the last message. `--keep N` also prints the first N messages.
"""

import argparse
import asyncio
import json
import signal
import time
from typing import ClassVar


class Sink(asyncio.Protocol):
    """One client; counts into the class."""

    messages = 0
    octets = 0
    first = last = 0.0
    pipelining = True
    keep = 0
    kept: ClassVar[list[str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.in_data = False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every command and every finished message in the buffer."""
        self.buffer += data
        answers = []
        while True:
            mark = b"\r\n.\r\n" if self.in_data else b"\r\n"
            end = self.buffer.find(mark)
            if end < 0:
                break
            taken, self.buffer = self.buffer[:end], self.buffer[end + len(mark) :]
            answers.append(self.stored(taken) if self.in_data else self.command(taken))
        self.transport.write(b"".join(answers))

    def stored(self, message: bytes) -> bytes:
        """Count a message."""
        self.in_data = False
        now = time.perf_counter()
        Sink.first = Sink.first or now
        Sink.last = now
        Sink.messages += 1
        Sink.octets += len(message)
        if len(Sink.kept) < Sink.keep:
            Sink.kept.append(message.decode("ascii", "replace"))
        return b"250 2.0.0 taken\r\n"

    def command(self, line: bytes) -> bytes:
        """Answer a command."""
        verb = line[:4].upper()
        if verb == b"EHLO":
            return (
                b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                if Sink.pipelining
                else b"250-sink\r\n250 8BITMIME\r\n"
            )
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 2.0.0 bye\r\n"
        return b"250 2.0.0 ok\r\n"


async def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=2525, help="0 takes a free one")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--keep", type=int, default=0)
    arguments = parser.parse_args()
    Sink.pipelining, Sink.keep = not arguments.no_pipelining, arguments.keep
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", arguments.port)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await stop.wait()
    for message in Sink.kept:
        print(message)
    seconds = round(Sink.last - Sink.first, 3)
    print(json.dumps({"messages": Sink.messages, "bytes": Sink.octets, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
