"""What reports are signed with, as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db

PREFIX: Final = "whsec_"
_KEY_BYTES: Final = 32  # the standard asks for 24 to 64
OVERLAP: Final = timedelta(hours=24)  # in which the secret before signs, too, so that receivers can change it in peace


def _new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def headers(webhook_id: str, at: datetime, body: bytes, signed_with: Sequence[str]) -> dict[str, str]:
    """The headers of a report; one signature for each secret."""
    seconds = int(at.timestamp())
    content = f"{webhook_id}.{seconds}.".encode() + body
    signatures = [
        base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), content, hashlib.sha256)).decode()
        for secret in signed_with
    ]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


_ROTATE: Final = """
insert into email_webhooks as w (client_id, secret_encrypted, updated_at) values (%(client)s, %(secret)s, %(now)s)
on conflict (client_id) do update set previous_encrypted = w.secret_encrypted, previous_until = %(until)s,
  secret_encrypted = excluded.secret_encrypted, updated_at = excluded.updated_at
"""


async def rotate(session: AsyncSession, client_id: int, now: datetime) -> str:
    """A new secret, in clear this once."""
    made = _new()
    params = {"client": client_id, "secret": crypto.seal(made), "now": now, "until": now + OVERLAP}
    await db.execute(session, _ROTATE, params)
    return made


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: str = field(repr=False)
    previous: str | None = field(repr=False)


_IN_FORCE: Final = """
select secret_encrypted as secret, case when previous_until > %(now)s then previous_encrypted end as previous
from email_webhooks where client_id = %(client)s
"""


async def in_force(session: AsyncSession, client_id: int, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first; a client without one gets one."""
    params = {"client": client_id, "now": now}
    kept = await db.fetch_one(session, _Kept, _IN_FORCE, params)
    if kept is None:
        return [await rotate(session, client_id, now)]
    return [crypto.unseal(each) for each in (kept.secret, kept.previous) if each]


@dataclass(frozen=True, slots=True)
class _Sealed:
    client_id: int
    secret: str = field(repr=False)
    previous: str | None = field(repr=False)


async def reseal(session: AsyncSession) -> int:
    """Seal every client's secrets with the newest key; how many clients. Raises ValueError when one cannot be opened."""
    rows = await db.fetch_all(
        session,
        _Sealed,
        "select client_id, secret_encrypted as secret, previous_encrypted as previous from email_webhooks"
        " order by client_id for update",
    )
    for row in rows:
        await db.execute(
            session,
            "update email_webhooks set secret_encrypted = %(secret)s, previous_encrypted = %(previous)s"
            " where client_id = %(client)s",
            {
                "client": row.client_id,
                "secret": crypto.reseal(row.secret),
                "previous": crypto.reseal(row.previous) if row.previous else None,
            },
        )
    return len(rows)
