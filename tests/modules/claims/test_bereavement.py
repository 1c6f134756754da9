"""A reported death silences what is automatic, not what a person writes to the family."""

import httpx

from py360.kit.db import unit_of_work
from py360.modules.messaging.delivery import bereavement
from py360.modules.messaging.messages import Outgoing
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import cover, data, report
from tests.modules.conftest import Sandbox


async def bereaved(client: httpx.AsyncClient) -> tuple[MadeCase, str]:
    """A case whose customer's death was reported, and the claim."""
    case = await make_case()
    await cover(case, "life")
    claimant = {"name": "Meera Rao", "relation": "spouse", "email": "meera@example.com"}
    return case, await report(client, case, type="death", claimant=claimant)


async def refused(case: MadeCase, **fields: object) -> bool:
    message = Outgoing(1, "sms", "+919820012345", customer_id=case.customer_id, body="Renew now", **fields)
    async with unit_of_work() as session:
        (verdict,) = await bereavement.refuse(session, [message])
    return verdict is not None


async def test_reminders_and_promotion_are_refused(as_admin: httpx.AsyncClient) -> None:
    case, _ = await bereaved(as_admin)
    assert await refused(case)
    assert await refused(case, purpose="promotional", sent_by=1)
    assert not await refused(case, purpose="transactional")
    assert not await refused(await make_case())


async def test_a_person_may_write_to_the_family(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    case, _ = await bereaved(as_admin)
    text = "We are very sorry for your loss. Please call us about the claim."
    sent = data(await as_admin.post(f"{case.path}/messages", json={"channel": "email", "message": text}), 201)
    assert sent["status"] in ("sent", "delivered")
    assert text in str(sandbox.received("email")[0])


async def test_a_report_that_was_withdrawn_or_corrected_silences_nothing(as_admin: httpx.AsyncClient) -> None:
    case, claim = await bereaved(as_admin)
    data(await as_admin.put(f"/api/claims/{claim}", json={"type": "life"}))
    assert not await refused(case)
    data(await as_admin.put(f"/api/claims/{claim}", json={"type": "death"}))
    assert await refused(case)
    data(await as_admin.put(f"/api/claims/{claim}/status", json={"status": "withdrawn", "reason": "Another person"}))
    assert not await refused(case)
