"""A batch of fetched mails becomes rows: read, classified, put into its conversation, linked; in a handful of statements.

A mail is known by its Message-ID within its mailbox, as long as what stands behind its headers is the same: the same mail in
another folder, or after the server renumbered its folder, is no second one; another mail under a Message-ID that was used before
(by mistake, or to hide it) is kept beside the first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, jsonb, resources, sql
from py360.modules.inbox.classify.adapted import classifier_for
from py360.modules.inbox.classify.classifier import Classifier
from py360.modules.inbox.events import MailsReceived
from py360.modules.inbox.ingest.answered import Answer, end_follow_ups
from py360.modules.inbox.ingest.attachments import keep_files
from py360.modules.inbox.ingest.automation import Automation, Decided
from py360.modules.inbox.ingest.bounces import apply_bounces
from py360.modules.inbox.ingest.links import Link, Links
from py360.modules.inbox.ingest.mime import ParsedMail, own_words, parse
from py360.modules.inbox.ingest.replies import apply_replies
from py360.modules.inbox.ingest.threads import Thread, Threads
from py360.modules.inbox.mailboxes import Mailbox
from py360.modules.inbox.vendors.imap import RawMail

_INSERT: Final = sql.read(__file__, "insert_mails")
_THREADS: Final = sql.read(__file__, "keep_threads")
SNIPPET: Final = 160


@dataclass(frozen=True, slots=True)
class Incoming:
    """A fetched mail and where it was: the server's folder (its row here) and the folder of ours that shows it."""

    raw: RawMail
    folder_id: int
    folder: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch: the new mails, and how many were known already."""

    new_ids: list[int]
    known: int


@dataclass(frozen=True, slots=True)
class _Existing:
    id: int
    message_id: str
    digest: str
    is_own: bool


@dataclass(slots=True)
class _Mail:
    """A mail of the batch on its way to its row."""

    incoming: Incoming
    parsed: ParsedMail
    decided: Decided
    message_id: str
    thread: Thread | None = None
    link: Link = field(default_factory=Link)


@dataclass(frozen=True, slots=True)
class _Inserted:
    id: int
    message_id: str


async def ingest(box: Mailbox, batch: Sequence[Incoming]) -> Ingested:
    """Store a batch of a mailbox, in one transaction of its own. May be repeated."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        classifier = await classifier_for(session, box.client_id)
        automation = await Automation.of(session, box.client_id)
    mails = await asyncio.to_thread(_read, batch, automation, classifier, box.email)
    async with db.unit_of_work() as session:
        await db.execute(session, "select pg_advisory_xact_lock(364, %(id)s::int)", {"id": box.id})
        located, fresh = await _known(session, box, mails)
        own = await db.fetch_all(
            session, str, "select lower(email) from email_accounts where client_id = %(c)s", {"c": box.client_id}
        )
        parsed = [mail.parsed for mail in fresh]
        if fresh:
            earliest = min(mail.incoming.raw.received_at for mail in fresh)
            threads = await Threads.for_batch(session, box.id, own, parsed, earliest)
            links = await Links.for_batch(session, box.client_id, parsed, threads.by_id.values())
            for mail in sorted(fresh, key=lambda each: each.incoming.raw.received_at):
                _place(mail, threads, links)
            await _keep_threads(session, box, [mail.thread for mail in fresh if mail.thread is not None])
        rows = [_row(mail, box, automation, now) for mail in fresh]
        params = {"client": box.client_id, "account": box.id, "mails": jsonb.dumps(rows)}
        inserted = {
            each.message_id: each.id
            for each in (await db.fetch_all(session, _Inserted, _INSERT, params) if rows else [])
        }
        located |= {id(mail): inserted[mail.message_id] for mail in fresh if mail.message_id in inserted}
        await _locate(session, [(mail, located[id(mail)]) for mail in mails if id(mail) in located])
        new = [(mail, inserted[mail.message_id]) for mail in fresh if mail.message_id in inserted]
        await keep_files(session, box, [(number, mail.parsed.files) for mail, number in new])
        await _note(session, new)
        await apply_replies(
            session, box.client_id, [(number, mail.parsed) for mail, number in new if _is_inbound(mail)]
        )
        await end_follow_ups(session, box.id, [_answer(mail) for mail, _ in new if _may_answer(mail, own)])
        moment = [(each, min(mail.parsed.sent_at or now, now)) for mail, _ in new for each in mail.parsed.bounces]
        await apply_bounces(session, box.client_id, moment)
        received = [number for mail, number in new if _is_inbound(mail)]
        if received:
            await events.publish(session, MailsReceived(box.client_id, received))
    return Ingested([number for _, number in new], len(mails) - len(new))


def _read(batch: Sequence[Incoming], automation: Automation, classifier: Classifier, address: str) -> list[_Mail]:
    mails = []
    for incoming in batch:
        parsed = parse(incoming.raw.content, incoming.raw.size)
        outbound = incoming.folder == "sent" or (parsed.from_email == address.lower() and incoming.folder != "inbox")
        classified = None
        if not outbound and automation.classifies:
            classified = classifier.classify(parsed.subject, own_words(parsed.text))
        decided = automation.decide(parsed, incoming.folder, classified, outbound)
        mails.append(_Mail(incoming, parsed, decided, parsed.message_id))
    return mails


def _is_inbound(mail: _Mail) -> bool:
    return not mail.decided.is_outbound


def _may_answer(mail: _Mail, own: Sequence[str]) -> bool:
    """Whether a customer may have written it: no program and no colleague did."""
    return _is_inbound(mail) and not mail.parsed.is_automatic and mail.parsed.from_email not in own


def _answer(mail: _Mail) -> Answer:
    assert mail.thread is not None
    return Answer(mail.thread.thread_id, mail.parsed.from_email, mail.link.customer_id, mail.incoming.raw.received_at)


async def _known(session: AsyncSession, box: Mailbox, mails: Sequence[_Mail]) -> tuple[dict[int, int], list[_Mail]]:
    """The rows of mails that are there already, by the mail, and the mails that are new."""
    found = await db.fetch_all(
        session,
        _Existing,
        "select id, message_id, digest, delivery_status is not null as is_own from emails"
        " where account_id = %(account)s and message_id = any(%(ids)s)",
        {
            "account": box.id,
            "ids": [each for mail in mails for each in (mail.parsed.message_id, _second_id(mail.parsed))],
        },
    )
    known = {each.message_id: each for each in found}
    located: dict[int, int] = {}
    fresh: dict[str, _Mail] = {}
    again: dict[int, str] = {}
    for mail in mails:
        first, second = mail.parsed.message_id, _second_id(mail.parsed)
        there = known.get(first)
        if there is not None and (there.is_own or there.digest == mail.parsed.digest):
            located[id(mail)] = there.id
        elif second in known:
            located[id(mail)] = known[second].id
        else:
            twin = fresh.get(first)
            mail.message_id = (
                first if there is None and (twin is None or twin.parsed.digest == mail.parsed.digest) else second
            )
            if mail.message_id in fresh:
                again[id(mail)] = mail.message_id
            else:
                fresh[mail.message_id] = mail
    return located, list(fresh.values())


def _second_id(mail: ParsedMail) -> str:
    """The name of another mail under a Message-ID that was used before."""
    return f"{mail.message_id[:-1][:230]}+{mail.digest[:16]}>"


def _place(mail: _Mail, threads: Threads, links: Links) -> None:
    thread = threads.join(mail.parsed, mail.message_id, mail.incoming.raw.received_at)
    link = links.of(mail.parsed, thread, mail.decided.is_outbound)
    if thread.customer_id is None:
        thread.customer_id = link.customer_id
    if thread.case_id is None and link.case is not None:
        thread.case_id = link.case.id
        links.by_id[link.case.id] = link.case
    mail.thread, mail.link = thread, link


async def _keep_threads(session: AsyncSession, box: Mailbox, threads: Sequence[Thread]) -> None:
    rows = [
        {
            "thread_id": each.thread_id,
            "subject": each.subject,
            "subject_key": each.subject_key,
            "participants": sorted(each.participants),
            "added": each.added,
            "last_message_at": each.last_message_at,
            "customer_id": each.customer_id,
            "case_id": each.case_id,
        }
        for each in {thread.thread_id: thread for thread in threads}.values()
    ]
    await db.execute(session, _THREADS, {"client": box.client_id, "account": box.id, "threads": jsonb.dumps(rows)})


def _row(mail: _Mail, box: Mailbox, automation: Automation, now: datetime) -> dict[str, object]:
    """The columns of a mail's row, as `sql/insert_mails.sql` reads them."""
    parsed, decided, raw, case = mail.parsed, mail.decided, mail.incoming.raw, mail.link.case
    works = decided.needs_work
    classified = decided.classified
    return {
        "message_id": mail.message_id,
        "thread_id": mail.thread.thread_id if mail.thread else None,
        "direction": "outbound" if decided.is_outbound else "inbound",
        "from_email": parsed.from_email,
        "from_name": parsed.from_name,
        "reply_to": parsed.reply_to,
        "to_email": ", ".join(parsed.to) or box.email,
        "cc_emails": list(parsed.cc) or None,
        "subject": parsed.subject,
        "body_text": parsed.text,
        "body_html": parsed.html,
        "snippet": " ".join(own_words(parsed.text)[: SNIPPET * 2].split())[:SNIPPET],
        "digest": parsed.digest,
        "in_reply_to": parsed.in_reply_to,
        "reference_ids": list(parsed.references),
        "sent_at": parsed.sent_at,
        "received_at": min(raw.received_at, now),
        "size_bytes": parsed.size,
        "problem": parsed.problem,
        "is_automatic": parsed.is_automatic,
        "folder": decided.folder,
        "read_status": decided.is_outbound or "\\seen" in raw.flags,
        "starred": decided.starred or "\\flagged" in raw.flags,
        "flagged": False,
        "category": decided.category,
        "priority": decided.priority,
        "status": decided.status,
        "customer_id": mail.link.customer_id,
        "case_id": case.id if case else None,
        "node_id": case.node_id if case and case.node_id is not None else box.node_id,
        "assigned_to": case.assigned_to if case else None,
        "policy_number": mail.link.policy_number,
        "linked_by": mail.link.by,
        "due_date": case.due_date if case and case.is_open else None,
        "sla_deadline": automation.deadline(raw.received_at, decided.category) if works else None,
        "language": classified.language if classified else None,
        "intent": classified.intent if classified else None,
        "intent_confidence": round(classified.intent_confidence, 3) if classified else None,
        "ai_intent": decided.stored_intent,
        "sentiment_score": round(classified.score, 2) if classified else None,
        "sentiment_label": classified.sentiment if classified else None,
        "sentiment": decided.stored_sentiment,
        "urgency": classified.urgency if classified else None,
        "classified_by": classified.source if classified else None,
        "escalated_to": None,
        "escalation_reason": decided.escalation,
        "escalated_at": now if decided.escalation else None,
        "resolved_at": None,
        "removed_at": None,
        "delivery_status": None,
        "tags": [],
    }


async def _locate(session: AsyncSession, mails: Sequence[tuple[_Mail, int]]) -> None:
    """Note where the mails are at the server; one that was gone and is back in a folder is shown there again."""
    if not mails:
        return
    params = {
        "folders": [mail.incoming.folder_id for mail, _ in mails],
        "uids": [mail.incoming.raw.uid for mail, _ in mails],
        "ids": [number for _, number in mails],
        "sizes": [mail.incoming.raw.size for mail, _ in mails],
        "names": [mail.incoming.folder for mail, _ in mails],
    }
    await db.execute(
        session,
        "insert into email_locations (folder_id, uid, email_id, size_bytes)"
        " select * from unnest(%(folders)s::bigint[], %(uids)s::bigint[], %(ids)s::bigint[], %(sizes)s::bigint[])"
        " on conflict (folder_id, uid) do nothing",
        params,
    )
    await db.execute(
        session,
        "update emails e set removed_at = null, folder = m.name from"
        " unnest(%(ids)s::bigint[], %(names)s::text[]) as m (id, name) where e.id = m.id and e.removed_at is not null",
        params,
    )


async def _note(session: AsyncSession, new: Sequence[tuple[_Mail, int]]) -> None:
    """The first line of each mail's history, and the system's note of an escalation."""
    if not new:
        return
    entries = [
        {"id": number, "event": name, "details": details}
        for mail, number in new
        for name, details in (("received" if _is_inbound(mail) else "sent", None), *mail.decided.history)
    ]
    await db.execute(
        session,
        "insert into email_events (email_id, event, details) select e.id, e.event, e.details"
        " from jsonb_to_recordset(%(entries)s) as e (id bigint, event text, details jsonb)",
        {"entries": jsonb.dumps(entries)},
    )
    notes = [{"id": number, "content": mail.decided.escalation} for mail, number in new if mail.decided.escalation]
    if notes:
        await db.execute(
            session,
            "insert into email_notes (email_id, content, is_system) select n.id, 'Escalated: ' || n.content, true"
            " from jsonb_to_recordset(%(notes)s) as n (id bigint, content text)",
            {"notes": jsonb.dumps(notes)},
        )
