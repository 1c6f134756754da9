"""The HTTP face of compliance: the do-not-contact registry, suppressions, consent."""

from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit import ids
from py360.kit.clock import version_of
from py360.kit.http import (
    Answer,
    AsFile,
    DbReads,
    IfMatch,
    Message,
    PageParams,
    Router,
    Search,
    Session,
    etag,
    listed,
    ok,
)
from py360.modules.compliance.access import CanAskOverride, CanCheckDnc, CanKeepDnc
from py360.modules.compliance.models import Channel
from py360.modules.compliance.queries import consent as consents
from py360.modules.compliance.queries import registry
from py360.modules.compliance.schemas import (
    CheckIn,
    ConsentIn,
    DecisionIn,
    DeduplicateIn,
    DncActive,
    DncIn,
    OverrideIn,
    SuppressionIn,
)
from py360.modules.compliance.service import check as checking
from py360.modules.compliance.service import consent, entries, override, suppress
from py360.modules.compliance.views import (
    BlockedMessageList,
    CleanedListView,
    ConsentList,
    DncActiveView,
    DncCheckView,
    DncEntryList,
    DncEntryView,
    DncHistory,
    DncMessage,
    DncStatistics,
    OverrideDecisionView,
    OverrideList,
    OverrideStatusView,
    RecordedConsentView,
    SuppressionList,
)

router = Router()


@router.get("/dnc", response_model=Answer[DncEntryList])
async def list_entries(
    reads: DbReads,
    caller: CanKeepDnc,
    page: PageParams,
    active: bool | None = None,
    status: Literal["", "all", "active", "inactive"] = "",
    type: Literal["phone", "email", "both"] | None = None,
    source: Literal["government", "customer", "manual", "system", "complaint"] | None = None,
    search: Annotated[str | None, Query(max_length=100, description="Name, phone, e-mail or client")] = None,
    as_file: AsFile = None,
) -> Response:
    """The registry."""
    if status in ("active", "inactive"):
        active = status == "active"
    found = registry.entries(caller, page.sort, active=active, type=type, source=source, search=search)
    return await listed(reads, found, page, as_file)


@router.post("/dnc", status_code=201, response_model=Answer[DncMessage])
async def add_entry(session: Session, caller: CanKeepDnc, body: DncIn) -> Response:
    """Put a contact on the registry."""
    number = await entries.add(session, caller, body)
    return ok({"dncId": ids.code("dnc", number), "message": "The contact is on the registry"}, 201)


@router.post("/dnc/check", response_model=Answer[DncCheckView])
async def check(session: Session, caller: CanCheckDnc, body: CheckIn) -> Response:
    """Whether the registry stops a message to this contact on this channel."""
    client_id = await entries.client_of(session, caller, body.client_id)
    block = await checking.check(session, client_id, body.channel, body.contact)
    return ok(
        {
            "isBlocked": block is not None,
            "reason": block.message if block else None,
            "source": block.dnc_source if block else None,
            "overrideAllowed": block.override_allowed if block else None,
            "dncType": block.dnc_type if block else None,
            "dncId": ids.code("dnc", block.dnc_id) if block and block.dnc_id else None,
        }
    )


@router.post("/dnc/deduplicate", response_model=Answer[CleanedListView])
async def deduplicate(session: Session, caller: CanCheckDnc, body: DeduplicateIn) -> Response:
    """A list without its duplicates and without those who may not be written to, with the reason of each."""
    client_id = await entries.client_of(session, caller, body.client_id)
    cleaned = await checking.deduplicate(session, caller, client_id, body.channel, body.contacts)
    blocked = [
        {**contact.model_dump(by_alias=True), "dncReason": block.message, "dncSource": block.dnc_source or block.reason}
        for contact, block in cleaned.blocked
    ]
    return ok(
        {
            "allowed": [contact.model_dump(by_alias=True) for contact in cleaned.allowed],
            "blocked": blocked,
            "duplicatesRemoved": cleaned.duplicates,
            "dncBlocked": len(blocked),
        }
    )


@router.get("/dnc/overrides", response_model=Answer[OverrideList])
async def list_overrides(
    reads: DbReads,
    caller: CanKeepDnc,
    page: PageParams,
    status: Literal["pending", "approved", "rejected", "expired", "revoked"] | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """All overrides; `search` takes a piece of the customer's name, contact or the reason."""
    return await listed(reads, registry.overrides(caller, page.sort, status=status, search=search), page, as_file)


@router.put("/dnc/overrides/{override_id}/decision", response_model=Answer[OverrideDecisionView])
async def decide_override(session: Session, caller: CanKeepDnc, override_id: str, body: DecisionIn) -> Response:
    """Approve, reject or revoke an override; nobody approves their own."""
    number, status = await override.decide_override(session, caller, override_id, body.decision, body.reason)
    return ok({"overrideId": ids.code("override", number), "status": status, "message": f"The override is {status}"})


@router.get("/dnc/statistics", response_model=Answer[DncStatistics])
async def statistics(reads: DbReads, caller: CanKeepDnc) -> Response:
    """What is in force today."""
    return ok(await registry.statistics(reads, caller))


@router.get("/dnc/blocked-messages", response_model=Answer[BlockedMessageList])
async def blocked_messages(
    reads: DbReads,
    caller: CanKeepDnc,
    page: PageParams,
    channel: Channel | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The messages the registry stopped; `search` takes a piece of the recipient or the case number."""
    found = registry.blocked_messages(caller, page.sort, channel=channel, search=search)
    return await listed(reads, found, page, as_file)


@router.get("/dnc/{dnc_id}", response_model=Answer[DncEntryView])
async def read_entry(reads: DbReads, caller: CanKeepDnc, dnc_id: str) -> Response:
    """One entry."""
    found = await registry.entry(reads, caller, dnc_id)
    return ok(found, headers=etag(version_of(found["updatedAt"])))


@router.put("/dnc/{dnc_id}", response_model=Answer[DncMessage])
async def change_entry(
    session: Session, reads: DbReads, caller: CanKeepDnc, dnc_id: str, body: DncIn, version: IfMatch
) -> Response:
    """Save an entry again."""
    before = await registry.entry(reads, caller, dnc_id)
    number = await entries.change(session, caller, dnc_id, body, version)
    body.as_shown(before)
    return ok({"dncId": ids.code("dnc", number), "message": "The entry is saved"})


@router.delete("/dnc/{dnc_id}", response_model=Answer[DncMessage])
async def remove_entry(session: Session, caller: CanKeepDnc, dnc_id: str) -> Response:
    """Delete an entry."""
    number = await entries.remove(session, caller, dnc_id)
    return ok({"dncId": ids.code("dnc", number), "message": "The entry is deleted"})


@router.put("/dnc/{dnc_id}/status", response_model=Answer[DncActiveView])
async def switch_entry(session: Session, caller: CanKeepDnc, dnc_id: str, body: DncActive) -> Response:
    """Put an entry in or out of force."""
    number, active = await entries.switch(session, caller, dnc_id, body.is_active)
    return ok({"dncId": ids.code("dnc", number), "isActive": active})


@router.get("/dnc/{dnc_id}/history", response_model=Answer[DncHistory])
async def entry_history(reads: DbReads, caller: CanKeepDnc, dnc_id: str) -> Response:
    """What happened to an entry."""
    return ok({"history": await registry.history(reads, caller, dnc_id)})


@router.post("/dnc/{dnc_id}/overrides", status_code=201, response_model=Answer[OverrideStatusView])
async def request_override(session: Session, caller: CanAskOverride, dnc_id: str, body: OverrideIn) -> Response:
    """Ask to write in spite of an entry."""
    number, status = await override.request_override(session, caller, dnc_id, body)
    return ok({"overrideId": ids.code("override", number), "status": status}, 201)


@router.get("/suppressions", response_model=Answer[SuppressionList])
async def list_suppressions(
    reads: DbReads,
    caller: CanKeepDnc,
    page: PageParams,
    channel: Channel | None = None,
    reason: Literal["hard_bounce", "complaint", "unsubscribe", "stop", "manual"] | None = None,
    contact: Annotated[str | None, Query(max_length=254, description="The whole address or number")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """Addresses that are left alone: bounces, complaints, unsubscribes, STOP, and those added by hand."""
    found = consents.suppressions(caller, page.sort, channel=channel, reason=reason, contact=contact, search=search)
    return await listed(reads, found, page, as_file)


@router.post("/suppressions", status_code=201, response_model=Answer[Message])
async def add_suppression(session: Session, caller: CanKeepDnc, body: SuppressionIn) -> Response:
    """Leave an address alone."""
    await suppress.suppress_by_hand(session, caller, body)
    return ok({"message": "The address is left alone"}, 201)


@router.delete("/suppressions/{suppression_id}", response_model=Answer[Message])
async def lift_suppression(session: Session, caller: CanKeepDnc, suppression_id: int) -> Response:
    """Take an address off the list. An entry under which the person has asked us to stop becomes that request, and stays."""
    free = await suppress.lift(session, caller, suppression_id)
    message = (
        "The address may be written to again"
        if free
        else "The entry is lifted. The recipient has asked us to stop, so the address is still left alone"
    )
    return ok({"message": message})


@router.post("/consents", status_code=201, response_model=Answer[RecordedConsentView])
async def record_consent(session: Session, caller: CanCheckDnc, body: ConsentIn) -> Response:
    """Record consent that a customer gave or withdrew."""
    number = await consent.record(session, caller, body)
    return ok({"consentId": number, "message": "The consent is recorded"}, 201)


@router.get("/consents/{customer_id}", response_model=Answer[ConsentList])
async def list_consents(reads: DbReads, caller: CanCheckDnc, customer_id: str) -> Response:
    """What a customer decided about messages, newest first."""
    return ok({"consents": await consents.consents(reads, caller, customer_id)})
