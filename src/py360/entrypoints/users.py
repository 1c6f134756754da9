"""`py360 user`: accounts from the command line."""

from dataclasses import asdict, dataclass

from py360.kit.db import unit_of_work
from py360.kit.errors import NotFound
from py360.kit.resources import current
from py360.kit.wire import camel
from py360.modules.identity import api as identity


async def create(email: str, name: str, role: str, password: str) -> int:
    """Make an account of the first client; its id."""
    async with unit_of_work() as session:
        client_id = await identity.default_client(session)
        return await identity.create_user(
            session, client_id=client_id, email=email, name=name, role=role, password=password
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as `py360 users list` prints it."""

    id: int
    name: str
    email: str
    role: str | None
    status: str
    client_id: int

    def to_json(self) -> dict[str, object]:
        """Under the API's names."""
        return camel(asdict(self))


async def list_users() -> list[Account]:
    """Every account."""
    return await current().reads.fetch_all(
        Account, "select id, name, email, role, status, client_id from identity_public_users order by id"
    )


async def reset_password(email: str, password: str) -> None:
    """A new password; open sessions end."""
    async with unit_of_work() as session:
        if not await identity.set_password(session, email, password):
            raise NotFound(f"There is no user with the address {email}.")
