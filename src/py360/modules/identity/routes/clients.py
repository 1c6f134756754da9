"""The insurers this installation works for."""

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Router, Search, Session, SignedIn, listed, ok
from py360.modules.identity import queries
from py360.modules.identity.access import CanManageUsers
from py360.modules.identity.schemas import ClientChange, ClientIn
from py360.modules.identity.service import clients
from py360.modules.identity.views import ClientList, ClientSaved

router = Router()


@router.get("/clients", response_model=Answer[ClientList])
async def list_clients(
    reads: DbReads, caller: SignedIn, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The caller's clients: every client for administrators of the installation, else the one a user belongs to."""
    return await listed(reads, queries.clients(caller, search, page.sort), page, as_file)


@router.post("/clients", status_code=201, response_model=Answer[ClientSaved])
async def create_client(session: Session, caller: CanManageUsers, body: ClientIn) -> Response:
    """Take a client on."""
    client_id = await clients.create(session, caller, body)
    client = await queries.one_client(session, client_id)
    return ok({**client.to_public(), "message": f"{client.client_name} was added."}, 201)


@router.put("/clients/{client_id}", response_model=Answer[ClientSaved])
async def change_client(session: Session, caller: CanManageUsers, client_id: int, body: ClientChange) -> Response:
    """Change a client; deactivated ones are no longer within an administrator's reach."""
    before = await queries.one_client(session, client_id)
    await clients.change(session, caller, client_id, body)
    body.as_shown(before.to_public())
    client = await queries.one_client(session, client_id)
    return ok({**client.to_public(), "message": f"{client.client_name} was saved."})
