"""Which conversation a mail belongs to: References, In-Reply-To, then the subject; each time its sender must have taken part.

Anyone can quote a Message-ID or a case number. Without the check of the sender, a stranger's mail would stand in a customer's
conversation, and be answered there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.inbox.ingest.mime import ParsedMail

SUBJECT_DAYS: Final = timedelta(days=30)
MAX_PARTICIPANTS: Final = 100
_REPLY_MARKS: Final = ("re:", "fwd:", "fw:", "aw:", "sv:", "उत्तर:", "जवाब:", "re :", "tr:")


@dataclass(slots=True)
class Thread:
    """A conversation of one account."""

    thread_id: str
    subject_key: str
    participants: set[str]
    last_message_at: datetime
    customer_id: int | None = None
    case_id: int | None = None
    added: int = 0
    subject: str = ""


def subject_key(subject: str) -> str:
    """A subject without the marks of replies, for comparing."""
    text = " ".join(subject.lower().split())
    while mark := next((each for each in _REPLY_MARKS if text.startswith(each)), None):
        text = text[len(mark) :].strip()
    return text[:255]


def is_reply(subject: str) -> bool:
    """Whether a subject says that the mail answers one."""
    return subject.lower().lstrip().startswith(_REPLY_MARKS)


def people_of(mail: ParsedMail) -> set[str]:
    """The sender and the recipients."""
    return {mail.from_email, *mail.to, *mail.cc}


@dataclass(frozen=True, slots=True)
class _Known:
    message_id: str
    thread_id: str
    subject_key: str
    participants: list[str]
    last_message_at: datetime
    customer_id: int | None
    case_id: int | None


_COLUMNS: Final = (
    "t.thread_id, t.subject_key, t.participants, coalesce(t.last_message_at, t.created_at) as last_message_at,"
    " t.customer_id, t.case_id"
)
_BY_REFERENCE: Final = f"""
select e.message_id, {_COLUMNS} from emails e
join email_threads t on t.account_id = e.account_id and t.thread_id = e.thread_id
where e.account_id = %(account)s and e.message_id = any(%(ids)s)
"""
_BY_SUBJECT: Final = f"""
select '' as message_id, {_COLUMNS} from email_threads t
where t.account_id = %(account)s and t.subject_key = any(%(keys)s) and t.last_message_at > %(since)s
order by t.last_message_at
"""


@dataclass(slots=True)
class Threads:
    """The conversations that a batch of mails may belong to, and those it begins."""

    own: frozenset[str]  # our mailboxes' addresses: whoever writes from there takes part everywhere
    of_message: dict[str, Thread] = field(default_factory=dict)
    by_id: dict[str, Thread] = field(default_factory=dict)
    of_subject: dict[str, list[Thread]] = field(default_factory=dict)

    @classmethod
    async def for_batch(
        cls, session: AsyncSession, account_id: int, own: Iterable[str], mails: Sequence[ParsedMail], since: datetime
    ) -> "Threads":
        """Look up what the mails refer to, in two statements; `since` is when the oldest of them came."""
        made = cls(frozenset(own))
        ids = {each for mail in mails for each in (*mail.references, mail.in_reply_to) if each}
        keys = {subject_key(mail.subject) for mail in mails if is_reply(mail.subject)} - {""}
        for known in await db.fetch_all(session, _Known, _BY_REFERENCE, {"account": account_id, "ids": list(ids)}):
            made.of_message[known.message_id] = made._keep(known)
        if keys:
            params = {"account": account_id, "keys": list(keys), "since": since - SUBJECT_DAYS}
            rows = await db.fetch_all(session, _Known, _BY_SUBJECT, params)
            for known in rows:
                made.of_subject.setdefault(known.subject_key, []).append(made._keep(known))
        return made

    def _keep(self, known: _Known) -> Thread:
        return self.by_id.setdefault(
            known.thread_id,
            Thread(
                known.thread_id,
                known.subject_key,
                set(known.participants),
                known.last_message_at,
                known.customer_id,
                known.case_id,
            ),
        )

    def join(self, mail: ParsedMail, message_id: str, at: datetime) -> Thread:
        """The conversation of a mail, in which it takes part from now on."""
        thread = self._find(mail, at)
        if thread is None:
            thread = self.by_id.setdefault(
                message_id, Thread(message_id, subject_key(mail.subject), set(), at, subject=mail.subject)
            )
            self.of_subject.setdefault(thread.subject_key, []).append(thread)
        for person in people_of(mail):
            if len(thread.participants) < MAX_PARTICIPANTS:
                thread.participants.add(person)
        thread.last_message_at = max(thread.last_message_at, at)
        thread.added += 1
        self.of_message[message_id] = thread
        return thread

    def _find(self, mail: ParsedMail, at: datetime) -> Thread | None:
        for reference in (mail.in_reply_to, *reversed(mail.references)):
            thread = self.of_message.get(reference or "")
            if thread is not None and self._takes_part(mail, thread):
                return thread
        if is_reply(mail.subject):
            for thread in reversed(self.of_subject.get(subject_key(mail.subject), [])):
                if self._takes_part(mail, thread) and abs(at - thread.last_message_at) < SUBJECT_DAYS:
                    return thread
        return None

    def _takes_part(self, mail: ParsedMail, thread: Thread) -> bool:
        return mail.from_email in thread.participants or mail.from_email in self.own
