"""The customer's whole picture: profile, timeline, insights; and the members of policies."""

from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, DbReads, IfMatch, Res, Session, etag, ok
from py360.modules.customers import queries
from py360.modules.customers.access import CanChangeCustomers, CanReadCustomers
from py360.modules.customers.picture import insights, kyc, members, profile, timeline
from py360.modules.customers.picture.kyc import KycIn, KycSaved, KycView
from py360.modules.customers.picture.schemas import MembersIn, ProfileIn
from py360.modules.customers.picture.views import (
    InsightsView,
    MembersSaved,
    MembersView,
    PolicyTimelineView,
    ProfileSaved,
    ProfileView,
    TimelineView,
)
from py360.modules.customers.routes.base import router

Chosen = Annotated[timeline.TimelineFilter, Query()]


@router.get("/customers/{customer}/profile", response_model=Answer[ProfileView])
async def read_profile(reads: DbReads, res: Res, caller: CanReadCustomers, customer: str) -> Response:
    """The inputs of a customer's profile. The ETag is what a change asks for."""
    found = await queries.customer(reads, caller, customer)
    stored = await profile.read(reads, found.id)
    return ok(profile.to_public(stored, found, res.clock.today()), headers=etag(stored.edition))


@router.put("/customers/{customer}/profile", response_model=Answer[ProfileSaved])
async def save_profile(
    session: Session,
    reads: DbReads,
    res: Res,
    caller: CanChangeCustomers,
    customer: str,
    body: ProfileIn,
    if_match: IfMatch,
) -> Response:
    """Set the given blocks of the profile; those left out stay, null empties one."""
    found = await queries.customer(reads, caller, customer)
    before = profile.to_public(await profile.read(reads, found.id), found, res.clock.today())
    version = await profile.save(session, caller, found, body, if_match)
    body.as_shown(before)
    message = f"The profile of {found.customer_code} was saved."
    return ok({"customerId": found.customer_code, "version": version, "message": message}, headers=etag(version))


@router.get("/customers/{customer}/kyc", response_model=Answer[KycView])
async def read_kyc(reads: DbReads, res: Res, caller: CanReadCustomers, customer: str) -> Response:
    """The documents that prove who a customer is and where they live, and what is missing."""
    found = await queries.customer(reads, caller, customer)
    return ok(await kyc.read(reads, found, res.clock.today()), headers=etag(found.edition))


@router.put("/customers/{customer}/kyc", response_model=Answer[KycSaved])
async def save_kyc(
    session: Session,
    reads: DbReads,
    res: Res,
    caller: CanChangeCustomers,
    customer: str,
    body: KycIn,
    if_match: IfMatch,
) -> Response:
    """Set all documents. The status follows from them: verified with a checked identity document and proof of address."""
    found = await queries.customer(reads, caller, customer)
    saved = await kyc.save(session, found, body, res.clock.today(), if_match)
    answer = {"customerId": found.customer_code, "kycStatus": saved.status, "missing": saved.missing}
    return ok({**answer, "message": f"The documents of {found.customer_code} were saved."})


@router.get("/customers/{customer}/timeline", response_model=Answer[TimelineView])
async def customer_timeline(
    reads: DbReads, res: Res, caller: CanReadCustomers, customer: str, chosen: Chosen
) -> Response:
    """What happened to a customer, newest first, under the policies it is about. `nextCursor` continues."""
    found = await queries.customer(reads, caller, customer)
    return ok(await timeline.of_customer(reads, caller, found, chosen, res.clock.today()))


@router.get("/customers/{customer}/insights", response_model=Answer[InsightsView])
async def customer_insights(reads: DbReads, res: Res, caller: CanReadCustomers, customer: str) -> Response:
    """Payments, behaviour, communications and claims of a customer in figures."""
    found = await queries.customer(reads, caller, customer)
    return ok(await insights.of_customer(reads, caller, found, res.clock.now()))


@router.get("/policies/{policy:path}/timeline", response_model=Answer[PolicyTimelineView])
async def policy_timeline(reads: DbReads, res: Res, caller: CanReadCustomers, policy: str, chosen: Chosen) -> Response:
    """What happened to one policy, newest first."""
    found = await queries.policy(reads, caller, policy)
    one = await timeline.held_policy(reads, caller, found.id)
    events, cursor = await timeline.events(reads, found.customer_id, [found.id], chosen)
    shown = [event.to_public() for event in events if event.policy_id == found.id]
    return ok({**timeline.policy_to_public(one, shown, res.clock.today()), "nextCursor": cursor})


@router.get("/policies/{policy:path}/members", response_model=Answer[MembersView])
async def policy_members(reads: DbReads, res: Res, caller: CanReadCustomers, policy: str) -> Response:
    """The people insured under a health policy, with their claims."""
    found = await queries.policy(reads, caller, policy)
    return ok(await members.read(reads, found, res.clock.today()), headers=etag(found.version))


@router.put("/policies/{policy:path}/members", response_model=Answer[MembersSaved])
async def save_members(
    session: Session,
    reads: DbReads,
    res: Res,
    caller: CanChangeCustomers,
    policy: str,
    body: MembersIn,
    if_match: IfMatch,
) -> Response:
    """Set all members of a health policy; one that is left out is removed."""
    found = await queries.policy(reads, caller, policy)
    before = await members.read(reads, found, res.clock.today())
    version = await members.save(session, found, body, res.clock.today(), if_match)
    body.as_shown(before)
    message = f"{len(body.members)} members of {found.policy_number} were saved."
    answer = {"policyId": found.id, "version": version, "members": len(body.members)}
    return ok({**answer, "message": message}, headers=etag(version))
