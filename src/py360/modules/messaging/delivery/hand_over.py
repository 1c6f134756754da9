"""What was claimed is not what was handed over: the ledger's side of the connections to a vendor.

The send gate admits a batch, which is *claimed* then. Right before a message's bytes leave, the ledger notes that it was
*handed over*; the vendor's answer is written down before its connection takes another message. So after a worker was killed,
only what was on a connection at that moment is in doubt (`unknown`); everything else goes back to the plan.

Connections that are ready at the same moment share one transaction: the answers of their last messages and the hand-over of
their next ones. Of the answers only those of messages that may have left are final here; the others are written with their
batch, together with what follows from them (a suppressed address). A message is handed over only while this worker still holds it. A worker that was frozen for minutes, and whose
messages were given to another one, hands nothing over when it wakes up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from py360.kit import db, jsonb, resources, sql
from py360.kit.groups import GroupWriter
from py360.modules.messaging.messages import Admitted, Delivery, SendGuard

_EXCHANGE: Final = sql.read(__file__, "hand_over")


class _Exchange(NamedTuple):
    """What one connection brings and asks for."""

    answered: Delivery | None
    following: Admitted | None


class _Outcome(NamedTuple):
    """Whether the answer is in the ledger, and whether the next message was handed over."""

    recorded: bool
    handed_over: bool


@dataclass(frozen=True, slots=True)
class _Noted:
    """A row that an exchange wrote."""

    id: int
    handed_over: bool


class HandOverLog:
    """Hand-overs of all batches on one account's connections, written in groups."""

    def __init__(self) -> None:
        self._writer: GroupWriter[_Exchange, _Outcome] = GroupWriter(_write)

    async def exchange(self, answered: Delivery | None, following: Admitted | None) -> _Outcome:
        """Have one connection's exchange committed."""
        (outcome,) = await self._writer.put([_Exchange(answered, following)])
        return outcome


@dataclass(slots=True)
class BatchHandOver:
    """The hand-over of one batch (`vendors.base.HandOver`): the log, and the caller's word that a message may still leave."""

    log: HandOverLog
    may_send: SendGuard
    recorded: set[int] = field(default_factory=set)  # whose answers are in the ledger

    async def exchange(self, answered: Delivery | None, following: Admitted | None) -> bool:
        """Write down an answer and hand the next message over; whether that one may leave now."""
        if answered is None and following is None:
            return False
        outcome = await self.log.exchange(answered, following)
        if answered is not None and outcome.recorded:
            self.recorded.add(answered.message_id)
        return outcome.handed_over and following is not None and self.may_send(following)


async def _write(exchanges: Sequence[_Exchange]) -> Sequence[_Outcome]:
    answers = [_answer(each.answered) for each in exchanges if each.answered]
    next_ids = [each.following.message_id for each in exchanges if each.following]
    params = {
        "answers": jsonb.dumps(answers),
        "next_ids": next_ids,
        "ids": next_ids + [each.answered.message_id for each in exchanges if each.answered],
        "now": resources.current().clock.now(),
    }

    async def write() -> list[_Noted]:
        return await db.fetch_alone(_Noted, _EXCHANGE, params)

    try:
        noted = await db.insist(write)
    except db.CLASH:  # another worker has just recorded the same vendor's number: now the statement sees it
        noted = await db.insist(write)
    recorded = {each.id for each in noted if not each.handed_over}
    handed_over = {each.id for each in noted if each.handed_over}
    outcomes = []
    for answered, following in exchanges:
        may_leave = following is not None and following.message_id in handed_over
        if may_leave and following is not None:
            handed_over.remove(following.message_id)  # once, whoever asks for it
        outcomes.append(_Outcome(answered is not None and answered.message_id in recorded, may_leave))
    return outcomes


def _answer(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.message_id,
        "status": delivery.status,
        "vendor_message_id": delivery.vendor_message_id,
        "error_code": delivery.error_code,
        "error_message": delivery.error_message,
        "cost": delivery.cost,
        "was_taken": delivery.status in {"sent", "unknown"},
    }
