"""Folders of the office's own, rules of the inbox, keyword rules."""

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.inbox.mailboxes import SYSTEM_FOLDERS
from py360.modules.inbox.schemas import ClassificationRuleIn, RuleIn
from py360.modules.inbox.service.work import check_folder

MOST = 200  # rules, folders and keywords of a client


async def add_folder(session: AsyncSession, caller: Caller, name: str) -> str:
    """A folder of the office's own; its code, which is its name in small letters with `_`. Raises Conflict, Invalid."""
    code = "_".join("".join(each if each.isalnum() else " " for each in name.lower()).split())[:50]
    if not code:
        raise Invalid(
            "The name needs a letter.", code="bad_name", details=[{"field": "name", "message": "has no letter"}]
        )
    if code in SYSTEM_FOLDERS:
        raise Conflict(f"“{name}” is a folder of the system.", code="folder_taken")
    await _check_count(session, caller, "email_folders")
    added = await db.execute(
        session,
        "insert into email_folders (client_id, code, name, created_by) values (%(client)s, %(code)s, %(name)s, %(user)s)"
        " on conflict (client_id, code) do nothing",
        {"client": caller.client_id, "code": code, "name": name, "user": caller.user_id},
    )
    if not added:
        raise Conflict(f"There is already a folder “{name}”.", code="folder_taken")
    return code


async def delete_folder(session: AsyncSession, caller: Caller, code: str) -> int:
    """Delete a folder; its mails go back to the inbox, and how many those are. Raises NotFound, Conflict for the system's."""
    if code in SYSTEM_FOLDERS:
        raise Conflict("A folder of the system cannot be deleted.", code="system_folder")
    params = {"client": caller.client_id, "code": code}
    gone = await db.execute(
        session, "delete from email_folders where client_id = %(client)s and code = %(code)s", params
    )
    if not gone:
        raise NotFound(f"There is no folder “{code[:50]}”.", code="folder_not_found")
    await db.execute(
        session,
        "update email_rules set enabled = false where client_id = %(client)s"
        " and actions @> jsonb_build_array(jsonb_build_object('folder', %(code)s::text))",
        params,
    )
    return await db.execute(
        session,
        "update emails set folder = 'inbox', version = version + 1 where client_id = %(client)s and folder = %(code)s",
        params,
    )


async def _check_count(session: AsyncSession, caller: Caller, table: str) -> None:
    count = await db.fetch_only(
        session, int, f"select count(*) from {table} where client_id = %(client)s", {"client": caller.client_id}
    )
    if count >= MOST:
        raise Conflict(f"There are {MOST} already. Delete some first.", code="too_many")


async def save_rule(session: AsyncSession, caller: Caller, body: RuleIn, number: int | None = None) -> int:
    """Add a rule, or save one again; it holds for mails from now on. Raises Invalid, NotFound, Conflict."""
    for action in body.actions:
        if action.type == "move_to_folder":
            if action.folder is None:
                raise Invalid(
                    "Say where to move the mails.",
                    code="no_folder",
                    details=[{"field": "actions", "message": "folder is missing"}],
                )
            await check_folder(session, caller.client_id, action.folder)
    params = {
        "id": number,
        "client": caller.client_id,
        "clients": list(caller.client_ids),
        "user": caller.user_id,
        "name": body.name,
        "enabled": body.enabled,
        "conditions": orjson.dumps([each.model_dump() for each in body.conditions]).decode(),
        "actions": orjson.dumps([each.model_dump() for each in body.actions]).decode(),
    }
    if number is None:
        await _check_count(session, caller, "email_rules")
        return await db.fetch_only(
            session,
            int,
            "insert into email_rules (client_id, name, enabled, conditions, actions, created_by) values (%(client)s, %(name)s,"
            " %(enabled)s, %(conditions)s, %(actions)s, %(user)s) returning id",
            params,
        )
    saved = await db.execute(
        session,
        "update email_rules set name = %(name)s, enabled = %(enabled)s, conditions = %(conditions)s, actions = %(actions)s"
        " where id = %(id)s and client_id = any(%(clients)s)",
        params,
    )
    return _found(saved, number, "rule")


async def delete_rule(session: AsyncSession, caller: Caller, number: int) -> None:
    """Delete a rule. Raises NotFound."""
    gone = await db.execute(
        session,
        "delete from email_rules where id = %(id)s and client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    _found(gone, number, "rule")


async def save_keyword(
    session: AsyncSession, caller: Caller, body: ClassificationRuleIn, number: int | None = None
) -> int:
    """Add a keyword rule, or save one again. Raises NotFound, Conflict (`keyword_taken`)."""
    params = {
        "id": number,
        "client": caller.client_id,
        "clients": list(caller.client_ids),
        "keyword": body.keyword,
        "category": body.category,
        "priority": body.priority,
        "enabled": body.enabled,
    }
    taken = await db.fetch_one(
        session,
        int,
        "select id from email_classification_rules where client_id = %(client)s and lower(keyword) = lower(%(keyword)s)"
        " and id is distinct from %(id)s::bigint",
        params,
    )
    if taken is not None:
        raise Conflict(f"There is already a rule for “{body.keyword}”.", code="keyword_taken")
    if number is None:
        await _check_count(session, caller, "email_classification_rules")
        return await db.fetch_only(
            session,
            int,
            "insert into email_classification_rules (client_id, keyword, category, priority, enabled) values (%(client)s,"
            " %(keyword)s, %(category)s, %(priority)s, %(enabled)s) returning id",
            params,
        )
    saved = await db.execute(
        session,
        "update email_classification_rules set keyword = %(keyword)s, category = %(category)s, priority = %(priority)s,"
        " enabled = %(enabled)s where id = %(id)s and client_id = any(%(clients)s)",
        params,
    )
    return _found(saved, number, "classification rule")


async def delete_keyword(session: AsyncSession, caller: Caller, number: int) -> None:
    """Delete a keyword rule. Raises NotFound."""
    gone = await db.execute(
        session,
        "delete from email_classification_rules where id = %(id)s and client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    _found(gone, number, "classification rule")


def _found(rows: int, number: int, kind: str) -> int:
    if not rows:
        raise NotFound(f"There is no {kind} {number}.", code="rule_not_found")
    return number
