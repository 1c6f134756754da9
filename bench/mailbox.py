"""A mailbox of 100,000 messages at a real Dovecot: its first synchronisation, a second pass, and one after the server renumbered it;
and how long a mail takes from a mail program to the desk (issue 15, section 1).

Bounds: memory that does not grow with the mailbox; 5 s from SMTP to the classified, linked row.
"""

import asyncio
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.inbox import raw_mail
from bench.installation import installation
from py360.entrypoints import wiring
from py360.kit import db
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.identity import api as identity
from py360.modules.inbox.classify.generate import examples
from py360.modules.inbox.sync import pull
from py360.modules.inbox.sync.watch import Watcher
from py360.modules.providers import api as providers
from tests.factories.mail_server import PASSWORD, Dovecot, MailServer, letter

Out = Callable[[str], None]
ADDRESS: Final = "desk@office.example"
GROWTH_MB: Final = 400
ARRIVAL_SECONDS: Final = 5.0
ARRIVALS: Final = 10
_ACCOUNT: Final = """
insert into email_accounts (client_id, name, email, provider, imap_server, imap_port, smtp_server, smtp_port, username, use_ssl,
  provider_id)
values (%(client)s, 'Desk', %(email)s, 'custom', '127.0.0.1', %(imap)s, '127.0.0.1', %(smtp)s, %(email)s, false, %(account)s)
returning id
"""
_ARRIVED: Final = "select count(*) from emails where subject = %(subject)s and intent is not null"


def run(out: Out, mails: int = 100_000) -> bool:
    """Measure and say so; whether all bounds hold."""
    if shutil.which("dovecot") is None:
        out("dovecot is not installed (Debian: dovecot-imapd): not measured MISSED")
        return False
    os.environ["PY360_VENDOR_NETWORKS"] = (
        "127.0.0.0/8"  # the mail server is on this machine; a part has a process of its own
    )
    folder = Path(tempfile.mkdtemp(prefix="py360-dovecot-"))
    dovecot = Dovecot(folder)
    try:
        _fill(dovecot, mails)
        with installation():
            return asyncio.run(_measure(out, dovecot, mails))
    finally:
        dovecot.stop()


def _fill(dovecot: Dovecot, mails: int) -> None:
    """Put mails into the mailbox as a mail server stores them (Maildir)."""
    home = dovecot.folder / "mail" / ADDRESS
    inbox = home / "Maildir"
    for part in (home, inbox, *(inbox / name for name in ("cur", "new", "tmp"))):
        part.mkdir(exist_ok=True)
        os.chown(part, dovecot.owner.pw_uid, dovecot.owner.pw_gid)
    kinds = [raw_mail(place, each).content for place, each in enumerate(examples(500, held_out=True), 1)]
    for number in range(mails):
        path = inbox / "new" / f"{1_760_000_000 + number}.M{number}.bench"
        content = kinds[number % len(kinds)]
        head, _, rest = content.partition(b"Message-ID: <")
        path.write_bytes(head + b"Message-ID: <%d." % number + rest)
        os.chown(path, dovecot.owner.pw_uid, dovecot.owner.pw_gid)


def _peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _connect(dovecot: Dovecot, server: MailServer) -> int:
    values: dict[str, str | int | bool | None] = {
        "imapServer": "127.0.0.1", "imapPort": dovecot.port, "smtpServer": "127.0.0.1", "smtpPort": server.smtp_port,
        "username": ADDRESS, "password": PASSWORD, "useSSL": False, "fromEmail": ADDRESS, "fromName": "Desk",
    }  # fmt: skip
    async with db.unit_of_work() as session:
        client = await identity.default_client(session)
        account = await providers.save_mailbox(session, client, "custom", ADDRESS, values)
        params = {
            "client": client, "email": ADDRESS, "imap": dovecot.port, "smtp": server.smtp_port, "account": account.id,
        }  # fmt: skip
        return await db.fetch_only(session, int, _ACCOUNT, params)


async def _pass(number: int) -> tuple[pull.Pass, float]:
    began = time.perf_counter()
    done = await pull.sync(number)
    assert done is not None
    assert done.error is None, done.error
    return done, time.perf_counter() - began


async def _measure(out: Out, dovecot: Dovecot, mails: int) -> bool:
    opened = await Resources.open(settings())
    wiring.import_jobs()
    server = MailServer(dovecot)
    await server.start()
    try:
        number = await _connect(dovecot, server)
        before = _peak()
        first, seconds = await _pass(number)
        grown = _peak() - before
        fine = first.added == mails and grown <= GROWTH_MB
        out(
            f"first pass: {first.added:,} of {mails:,} mails in {seconds:,.0f} s ({first.added / seconds:,.0f}/s, classified and"
            f" linked), {grown:.0f} MB more memory (bound {GROWTH_MB}) {'ok' if fine else 'MISSED'}"
        )
        second, seconds = await _pass(number)
        async with db.unit_of_work() as session:
            await db.execute(session, "update email_sync_folders set uid_validity = 1")
        again, renumbering = await _pass(number)
        same = second.added == again.added == again.removed == 0 and _peak() - before <= GROWTH_MB
        out(
            f"second pass: {seconds:.2f} s; after new numbers (UIDVALIDITY): {renumbering:,.1f} s, {again.added} doubled,"
            f" {again.removed} lost; {_peak() - before:.0f} MB more memory in all {'ok' if same else 'MISSED'}"
        )
        return await _arrivals(out, server) and fine and same
    finally:
        await server.stop()
        await opened.close()


async def _arrivals(out: Out, server: MailServer) -> bool:
    """From a mail program to the desk, while a worker watches the mailbox."""
    watcher = asyncio.create_task(Watcher(600).run())
    took = []
    try:
        await asyncio.sleep(3)  # the watcher has signed in
        for place in range(ARRIVALS):
            subject = f"Arrival {place}"
            began = time.perf_counter()
            await server.send(letter("asha@customer.example", ADDRESS, subject, "Please renew my car policy."))
            while True:
                async with db.unit_of_work() as session:
                    if await db.fetch_only(session, int, _ARRIVED, {"subject": subject}):
                        break
                await asyncio.sleep(0.02)
            took.append(time.perf_counter() - began)
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
    fine = max(took) <= ARRIVAL_SECONDS
    out(
        f"from SMTP to the desk (IDLE): {sorted(took)[len(took) // 2]:.2f} s in the middle, {max(took):.2f} s at most of {ARRIVALS}"
        f" (bound {ARRIVAL_SECONDS:.0f}) {'ok' if fine else 'MISSED'}"
    )
    return fine
