"""The mail path of one worker: send gate, rendering, SMTP, ledger (issue 3, section 6). What a campaign adds is measured with it.

100,000 e-mails of 3 KB to a local SMTP sink, with the ledger and all checks on: at least 2,500 a second, under 200 MB. The floor
sends the same number of ready-made messages of the same size through bare aiosmtplib on ten connections, with no ledger,
no checks and no rendering.
"""

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiosmtplib
import uvloop

from bench.installation import installation
from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.identity import api as identity
from py360.modules.messaging import api as messaging
from py360.modules.messaging.api import Admitted, Outgoing
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates

Out = Callable[[str], None]
PER_SECOND: Final = 2_500
MEGABYTES: Final = 200
BATCH: Final = 500
CONNECTIONS: Final = 2  # batches under way at once, as in a worker
CONTENT: Final = (
    "<p>Dear {{customer_name}}, your policy {{policy_number}} ends on {{expiry_date}}. Renew it for {{renewal_amount}}:"
    ' <a href="{{payment_link}}">pay here</a>.</p>' + "<p>" + "Your cover stays without a break. " * 20 + "</p>"
)
VALUES: Final = {
    "customer_name": "Asha Rao",
    "policy_number": "POL-1234567",
    "expiry_date": date(2026, 12, 15),
    "renewal_amount": Decimal("12500.50"),
    "payment_link": "http://127.0.0.1:8360/p/MTIzNDU2.abcdefghijklmnopqrstuv",
}


def run(out: Out, messages: int = 100_000) -> bool:
    """Measure and say so; whether both figures are within their bounds."""
    with installation():
        return uvloop.run(_measure(out, messages))


async def _measure(out: Out, messages: int) -> bool:
    opened = await Resources.open(settings())
    try:
        with sink() as port:
            client_id, template, people = await _prepare(messages, port)
            started, cpu = time.perf_counter(), time.process_time()
            await _send(client_id, template, people)
            rate = messages / (time.perf_counter() - started)
            cpu = (time.process_time() - cpu) / messages * 1e6
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        async with unit_of_work() as session:
            sent = await db.fetch_only(
                session, int, "select count(*) from communication_delivery_status where status = 'sent'"
            )
    finally:
        await opened.close()
    with sink() as port:
        bare = await floor(port, min(messages, 20_000))
    fine = rate >= PER_SECOND and megabytes < MEGABYTES and sent == messages
    out(
        f"mail with send gate and ledger: {rate:,.0f}/s, {cpu:.0f} us of CPU each, {megabytes} MB, {sent:,} in the ledger;"
        f" bare aiosmtplib {bare:,.0f}/s {'ok' if fine else 'TOO SLOW'}"
    )
    return fine


@contextmanager
def sink() -> Iterator[int]:
    """The SMTP sink in a process of its own; its port."""
    command = [sys.executable, str(Path(__file__).with_name("smtp_sink.py")), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[-1])
        finally:
            process.terminate()
            process.stdout.read()  # what it counted; not asked here


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    email: str


async def _prepare(messages: int, port: int) -> tuple[int, templates.Template, list[tuple[int, str]]]:
    account = providers.SmtpSettings(
        host="127.0.0.1", port=port, from_email="renewals@example.com", from_name="Bench", unit_price=Decimal("0.02")
    )
    async with unit_of_work() as session:
        client_id = await identity.default_client(session)
        await db.execute(
            session,
            "update providers set type = 'smtp', config_encrypted = %(config)s where channel = 'email'",
            {"config": providers.seal_settings(account)},
        )
        number = await db.fetch_only(
            session,
            int,
            "insert into templates (client_id, name, template_type, subject, content, format) values"
            " (%(client)s, 'Bench', 'email', 'Renew {{policy_number}} by {{expiry_date}}', %(content)s, 'html') returning id",
            {"client": client_id, "content": CONTENT},
        )
        template = await templates.find(session, client_id, number, "email")
        people = await db.fetch_all(
            session,
            _Person,
            "insert into customers (client_id, customer_code, first_name, last_name, email)"
            " select %(client)s, 'BENCH-' || n, 'Asha', 'Rao', 'person' || n || '@example.com'"
            " from generate_series(1, %(n)s) n returning id, email",
            {"client": client_id, "n": messages},
        )
    return client_id, template, [(person.id, person.email) for person in people]


async def _send(client_id: int, template: templates.Template, people: list[tuple[int, str]]) -> None:
    starts = iter(range(0, len(people), BATCH))

    async def connection() -> None:
        for start in starts:
            batch = [
                Outgoing(client_id, "email", email, template=template, values=VALUES, customer_id=number)
                for number, email in people[start : start + BATCH]
            ]
            async with unit_of_work() as session:
                sender = await providers.account(session, client_id, "email")
                decisions = await messaging.admit(session, batch, sender)
            admitted = [each for each in decisions if isinstance(each, Admitted)]
            deliveries = await messaging.transport(sender).send(admitted)
            async with unit_of_work() as session:
                await messaging.record(session, sender, deliveries)

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


async def floor(port: int, messages: int) -> float:
    """Messages per second of bare aiosmtplib, ten connections, one ready-made message of 3 KB."""
    text = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 43
    numbers = iter(range(messages))

    async def connection() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
            for number in numbers:
                await smtp.sendmail("a@example.com", [f"b{number}@example.com"], text)

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(10)))
    return messages / (time.perf_counter() - started)


def _print(line: Any) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(0 if run(_print) else 1)
