"""Who handles a claim."""

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.modules.claims.service import history
from py360.modules.claims.service.lock import Claim, touch
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications


async def assign(session: AsyncSession, caller: Caller, claim: Claim, user_id: int | None) -> None:
    """Give a locked claim to a user of its client who works claims, or take it from its handler (None).

    Raises NotFound for anybody else. The new handler is notified.
    """
    if user_id == claim.assigned_to:
        return
    if user_id is not None and user_id not in await identity.holders_of(session, claim.client_id, "claims"):
        raise NotFound(f"There is no user {user_id} who works claims for this client.", code="handler_not_found")
    await db.execute(
        session, "update claims set assigned_to = %(user)s where id = %(id)s", {"user": user_id, "id": claim.id}
    )
    claim.assigned_to = user_id
    await touch(session, claim)
    now = resources.current().clock.now()
    if user_id is None:
        await history.write(session, claim.id, "Unassigned", None, now, user_id=caller.user_id)
        return
    name = (await identity.user_names(session, [user_id]))[user_id]
    await history.write(session, claim.id, "Assigned", f"Handled by {name}", now, user_id=caller.user_id)
    if user_id != caller.user_id:
        await notifications.notify(
            session,
            user_id,
            type="assignment",
            title=f"{claim.claim_number} is yours",
            message=f"Assigned by {caller.name}.",
            data={"claimId": claim.claim_number},
        )
