"""Recording what became of a batch: the ledger, the recipients, the counters and the cases' histories."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from py360.kit import db, jsonb, resources, sql
from py360.modules.campaigns.sender.run import Run
from py360.modules.campaigns.service.counters import add_counts
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging
from py360.modules.providers import api as providers

TOO_FAST_WAIT: Final = timedelta(seconds=30)
# A recipient that the vendor defers (full mailbox, greylisting) is tried again soon, after minutes, after hours.
FIRST_WAIT: Final = timedelta(seconds=30)
WAIT_GROWTH: Final = 18
LONGEST_WAIT: Final = timedelta(hours=3)
# Answers that say nothing of the recipient.
ABOUT_US: Final = frozenset({messaging.UNREACHABLE, messaging.ACCOUNT_REFUSED, messaging.TOO_FAST})
_RECORD: Final = sql.read(__file__, "record_deliveries")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written of a recipient; `pending` ones are back in the plan, not before `not_before`."""

    id: int | None
    message_id: int
    status: str
    sent_at: datetime | None
    error: str | None
    attempts: int | None
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recipient that was written."""

    status: str
    case_id: int | None


async def record(run: Run, account: providers.ProviderAccount, deliveries: Sequence[messaging.Delivery]) -> None:
    """Write what became of a batch; recipients whose message did not leave are back in the plan."""
    now = resources.current().clock.now()
    answered = any(delivery.status != "unknown" and not delivery.retry for delivery in deliveries)
    if not answered:
        _note_trouble(run, deliveries)
    deliveries = [_count_attempt(run, delivery, answered=answered) for delivery in deliveries]
    rows = [_outcome(run, delivery, now) for delivery in deliveries]
    returned = [delivery for delivery in deliveries if delivery.retry]
    final = [delivery for delivery in deliveries if not delivery.retry]

    async def write() -> None:
        """Counts and histories follow the recipients: a second time finds them recorded."""
        async with db.unit_of_work() as session:
            await messaging.keep_back(session, returned)
            await messaging.record(session, account, final)
            recorded = await db.fetch_all(session, Recorded, _RECORD, {"rows": jsonb.dumps(rows)})
            written = [each.case_id for each in recorded if each.status == "sent" and each.case_id is not None]
            channel, user = run.campaign.campaign_type, run.campaign.created_by
            await cases.note_contacts(session, written, channel, user_id=user)
            await add_counts(session, run.campaign.id, Counter(each.status for each in recorded))

    await db.insist(write)
    run.progressed |= answered


def _note_trouble(run: Run, deliveries: Sequence[messaging.Delivery]) -> None:
    """A batch without an answer about any message ends the run: an answer about us pauses the campaign, else the vendor is tried
    again later. `unknown` is no answer."""
    tried = [each for each in deliveries if each.status != "withheld"]
    if not tried:
        return
    about_account = next((each for each in tried if each.error_code == messaging.ACCOUNT_REFUSED), None)
    if about_account is not None:
        run.pause_reason = about_account.error_message
        return
    unreachable = next((each for each in tried if each.error_code == messaging.UNREACHABLE), tried[0])
    run.vendor_trouble = unreachable.error_message or "The vendor took no message."


def _count_attempt(run: Run, delivery: messaging.Delivery, *, answered: bool) -> messaging.Delivery:
    """A deferral of the recipient is counted; after the last attempt it is a failure. An answer about us is not counted, except
    when the vendor has `answered` about others in the batch: else a recipient for which it refuses us would be tried for ever."""
    if not _is_deferral(delivery, answered=answered):
        return delivery
    ref = delivery.outgoing.ref
    assert ref is not None
    run.attempts[ref] = run.attempts.get(ref, 0) + 1
    return delivery if run.attempts[ref] <= run.retries else replace(delivery, retry=False, status="failed")


def _is_deferral(delivery: messaging.Delivery, *, answered: bool) -> bool:
    if not delivery.retry or delivery.status == "withheld":
        return False
    return delivery.error_code not in ABOUT_US or (answered and delivery.error_code == messaging.ACCOUNT_REFUSED)


def _outcome(run: Run, delivery: messaging.Delivery, now: datetime) -> Outcome:
    attempts = run.attempts.pop(delivery.outgoing.ref or 0, None)
    wait = None
    if delivery.error_code in (messaging.TOO_FAST, messaging.UNREACHABLE) and delivery.retry:
        wait = TOO_FAST_WAIT
    elif delivery.retry and delivery.status != "withheld" and attempts:
        wait = min(FIRST_WAIT * WAIT_GROWTH ** (attempts - 1), LONGEST_WAIT)
    return Outcome(
        id=delivery.outgoing.ref,
        message_id=delivery.message_id,
        status="pending" if delivery.retry else delivery.status,
        sent_at=now if delivery.status == "sent" else None,
        error=delivery.error_message,
        attempts=attempts,
        not_before=now + wait if wait else None,
    )
