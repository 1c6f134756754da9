"""Sessions of users, without the way through the sign-in: that is tried where it matters, and costs a fifth of a small test."""

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.identity.service.sign_in import Device, open_noted_session
from py360.modules.identity.views import SignInView


async def signed_in(email: str) -> SignInView:
    """A new session of a user, as signing in answers it."""
    async with unit_of_work() as session:
        user_id = await db.fetch_only(session, int, "select id from users where email = %(email)s", {"email": email})
        return (await open_noted_session(session, user_id, Device("127.0.0.1", "tests"))).to_public()
