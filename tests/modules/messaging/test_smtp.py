"""SMTP as servers really behave: with and without PIPELINING, refusing, deferring, hanging up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from py360.modules.messaging.messages import Admitted, Delivery, Outgoing
from py360.modules.messaging.vendors.smtp import SmtpTransport
from py360.modules.providers.api import ProviderAccount, SmtpSettings


@dataclass
class Server:
    """A mail server that answers by what the address says: `gone@`, `full@`, `spam@`, `cut@` (hangs up after the text),
    `early@` (hangs up before it)."""

    pipelining: bool = True
    port: int = 0
    connections: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self.connections += 1
        self.open.add(writer)
        writer.write(b"220 here\r\n")
        recipient = ""
        while line := (await reader.readline()).strip():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(
                    b"250-here\r\n" + (b"250-PIPELINING\r\n" if self.pipelining else b"") + b"250 8BITMIME\r\n"
                )
            elif verb == b"RCPT":
                recipient = line[9:-1].decode()
                name = recipient.partition("@")[0]
                refusals = {"gone": b"550 5.1.1 no such user\r\n", "full": b"452 4.2.2 mailbox full\r\n"}
                writer.write(refusals.get(name, b"250 ok\r\n"))
                recipient = "" if name in refusals else recipient
            elif verb == b"DATA":
                if recipient.startswith("early@"):
                    break
                writer.write(b"354 go on\r\n")  # also without a recipient, as RFC 2920 allows
                text = await reader.readuntil(b".\r\n") if not recipient else await reader.readuntil(b"\r\n.\r\n")
                if not recipient:
                    writer.write(b"554 no valid recipients\r\n")
                elif recipient.startswith("cut@"):
                    break
                elif recipient.startswith("spam@"):
                    writer.write(b"554 5.7.1 looks like spam\r\n")
                else:
                    self.taken.append((recipient, text))
                    writer.write(b"250 2.0.0 taken\r\n")
            else:
                writer.write(b"250 ok\r\n")
        self.open.discard(writer)
        writer.close()


Start = Callable[..., Awaitable[Server]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Start such a server."""
    running: list[tuple[Server, asyncio.Server]] = []

    async def begin(**options: bool) -> Server:
        server = Server(**options)
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listener.sockets[0].getsockname()[1]
        running.append((server, listener))
        return server

    yield begin
    for server, listener in running:
        listener.close()
        for writer in list(server.open):
            writer.close()


def transport(server: Server, connections: int = 3, host: str = "127.0.0.1") -> SmtpTransport:
    settings = SmtpSettings(
        host=host, port=server.port, from_email="a@b.in", from_name="A", max_connections=connections
    )
    return SmtpTransport(ProviderAccount(1, 1, "email", "smtp", "x", True, settings))


def batch(*contacts: str) -> list[Admitted]:
    return [
        Admitted(Outgoing(1, "email", each, subject="s", body="b"), number) for number, each in enumerate(contacts, 1)
    ]


def summary(deliveries: list[Delivery]) -> list[tuple[str, str | None, bool]]:
    return [(each.status, each.error_code, each.retry) for each in deliveries]


@pytest.mark.parametrize("pipelining", [True, False])
async def test_every_answer_is_told_apart_and_belongs_to_its_message(start: Start, pipelining: bool) -> None:
    server = await start(pipelining=pipelining)
    contacts = ["a@x.in", "gone@x.in", "b@x.in", "full@x.in", "spam@x.in", "c@x.in"] * 10
    carrier = transport(server)
    deliveries = await carrier.send(batch(*contacts))
    await carrier.close()
    expected = {
        "gone": ("bounced", "5.1.1", False),
        "full": ("failed", "4.2.2", True),
        "spam": ("failed", "5.7.1", False),
    }
    assert [each.outgoing.contact for each in deliveries] == contacts
    assert summary(deliveries) == [expected.get(each.partition("@")[0], ("sent", None, False)) for each in contacts]
    assert sorted(each for each, _ in server.taken) == sorted(["a@x.in", "b@x.in", "c@x.in"] * 10)


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_connection_lost_after_the_text_is_unknown_and_never_sent_again(start: Start, pipelining: bool) -> None:
    server = await start(pipelining=pipelining)
    carrier = transport(server, 1)
    deliveries = await carrier.send(batch("a@x.in", "cut@x.in", "b@x.in", "c@x.in"))
    await carrier.close()
    assert [each.status for each in deliveries if each.outgoing.contact == "cut@x.in"] == ["unknown"]
    assert not deliveries[1].retry
    # what had only been announced behind it surely never left, and may be tried again
    assert all(
        each.status == "sent" or (each.status == "failed" and each.retry) for each in deliveries if each.message_id != 2
    )
    assert [contact for contact, _ in server.taken].count("c@x.in") == 1


async def test_a_connection_lost_before_the_text_may_be_tried_again(start: Start) -> None:
    server = await start()
    carrier = transport(server, 1)
    deliveries = await carrier.send(batch("a@x.in", "early@x.in", "b@x.in"))
    await carrier.close()
    assert [(each.status, each.retry) for each in deliveries] == [("sent", False), ("failed", True), ("sent", False)]


async def test_connections_are_kept_and_a_closed_one_is_replaced(start: Start) -> None:
    server = await start()
    carrier = transport(server, 1)
    for _ in range(3):
        assert summary(await carrier.send(batch("a@x.in")))[0][0] == "sent"
    assert server.connections == 1
    for writer in list(server.open):
        writer.transport.abort()
    assert summary(await carrier.send(batch("b@x.in"))) == [("sent", None, False)]
    assert server.connections == 2
    await carrier.close()


async def test_nobody_there(start: Start) -> None:
    server = await start()
    server.port = 1
    carrier = transport(server)
    deliveries = await carrier.send(batch("a@x.in", "b@x.in"))
    assert summary(deliveries) == [("failed", "unreachable", True)] * 2


async def test_a_name_is_looked_up_once_and_connected_where_it_was_checked(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers for a name could lead elsewhere at a second look."""
    server, look, asked = await start(), socket.getaddrinfo, []

    def answers(host: str | bytes | None, *rest: Any, **options: Any) -> Any:
        if host == "mail.example.test":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "127.0.0.9"
        return look(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    carrier = transport(server, host="mail.example.test")
    assert summary(await carrier.send(batch("a@x.in"))) == [("sent", None, False)]
    assert len(asked) == 1
    await carrier.close()


async def test_leading_dots_arrive_doubled_on_the_wire(start: Start) -> None:
    server = await start()
    carrier = transport(server)
    message = Admitted(Outgoing(1, "email", "a@x.in", subject="s", body=".\n.dot\n..two"), 1)
    await carrier.send([message])
    await carrier.close()
    ((_, text),) = server.taken
    assert b"\r\n..dot\r\n...two" in text
