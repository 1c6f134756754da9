"""Taking a file in: its lines are stored and matched, nothing is booked yet."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.payments.gateways import CHANNEL
from py360.modules.payments.statements.read import Kind, Line

_ACCOUNT: Final = """
select id from providers_public_account where id = %(id)s and client_id = any(%(clients)s) and channel = %(channel)s
"""
_KNOWN: Final = """
select id from statement_files where client_id = %(client_id)s and kind = %(kind)s and sha256 = %(sha256)s and status <> 'discarded'
"""
_FILE: Final = """
insert into statement_files (client_id, kind, provider_id, file_name, sha256, uploaded_by)
values (%(client_id)s, %(kind)s, %(provider_id)s, %(name)s, %(sha256)s, %(user_id)s) returning id
"""
_LINES: Final = """
insert into statement_lines (file_id, client_id, row_no, kind, happened_on, amount, fee, tax, subject, settlement, utr, narration,
  words, outcome, problem)
select %(file_id)s, %(client_id)s, f.* from jsonb_to_recordset(%(lines)s::jsonb) as f (row_no int, kind text, happened_on date,
  amount numeric, fee numeric, tax numeric, subject text, settlement text, utr text, narration text, words text[], outcome text,
  problem text)
"""
_MATCH: Final = {"bank": sql.read(__file__, "match_bank"), "settlement": sql.read(__file__, "match_settlement")}


async def store(
    session: AsyncSession,
    caller: Caller,
    kind: Kind,
    provider_id: int | None,
    name: str,
    content: bytes,
    found: Sequence[Line],
) -> int:
    """Store a file with its lines and say what each is; its number. Raises NotFound, Invalid and Conflict (`file_known`)."""
    await _check_account(session, caller, kind, provider_id)
    params: dict[str, object] = {
        "client_id": caller.client_id, "kind": kind, "provider_id": provider_id, "name": name[:255],
        "sha256": hashlib.sha256(content).hexdigest(), "user_id": caller.user_id,
    }  # fmt: skip
    if (known := await db.fetch_one(session, int, _KNOWN, params)) is not None:
        raise Conflict(f"This file was uploaded before (number {known}).", code="file_known")
    file_id = await db.fetch_only(session, int, _FILE, params)
    lines = jsonb.dumps([asdict(each) for each in found])
    await db.execute(session, _LINES, {"file_id": file_id, "client_id": caller.client_id, "lines": lines})
    await db.execute(session, _MATCH[kind], {"file_id": file_id})
    return file_id


async def _check_account(session: AsyncSession, caller: Caller, kind: Kind, provider_id: int | None) -> None:
    if kind == "bank":
        if provider_id is not None:
            message = "A bank file belongs to no gateway: leave providerId out."
            raise Invalid(message, details=[{"field": "providerId", "message": message}])
        return
    if provider_id is None:
        message = "Say which gateway account the settlement file is of."
        raise Invalid(message, details=[{"field": "providerId", "message": message}])
    params = {"id": provider_id, "clients": [caller.client_id], "channel": CHANNEL}
    if await db.fetch_one(session, int, _ACCOUNT, params) is None:
        raise NotFound(f"There is no payment gateway account {provider_id}.")
