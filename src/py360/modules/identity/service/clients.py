"""The insurers this installation works for."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import events
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Forbidden, NotFound
from py360.modules.identity import authentication, catalogue
from py360.modules.identity.events import ClientAdded
from py360.modules.identity.models import NO_KEY, Client
from py360.modules.identity.schemas import ClientChange, ClientIn


async def seed(session: AsyncSession) -> None:
    """One client to start with; further ones are the administrator's."""
    if not await session.scalar(select(func.count()).select_from(Client)):
        session.add(Client(client_code="CLIENT-001", client_name="Renewals Office"))
        await session.flush()  # the first administrator belongs to it


def _administrator(caller: Caller) -> None:
    if caller.role not in catalogue.SPAN_CLIENTS:
        raise Forbidden("Only an administrator of the installation can change clients.", code="clients_shared")


async def create(session: AsyncSession, caller: Caller, new: ClientIn) -> int:
    """Take a client on; its id. Raises Conflict when the code is taken."""
    _administrator(caller)
    code = new.client_code or f"CLIENT-{(await session.scalar(select(func.max(Client.id))) or 0) + 1:03d}"
    if await session.scalar(select(Client.id).where(Client.client_code == code)):
        raise Conflict(f"There is a client {code} already.", code="client_exists")
    client = Client(**{**new.given(), "client_code": code})
    session.add(client)
    await session.flush()  # the answer names the id
    await events.publish(session, ClientAdded(client.id))
    authentication.forget()
    return client.id


async def change(session: AsyncSession, caller: Caller, client_id: int, new: ClientChange) -> None:
    """Change a client; raises NotFound."""
    _administrator(caller)
    client = await session.get(Client, client_id, with_for_update=NO_KEY)
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    for field, value in new.given().items():
        setattr(client, field, value)
    authentication.forget()
