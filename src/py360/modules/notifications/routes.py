"""The HTTP face of notifications, and the WebSocket."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Final, Literal

import structlog
from fastapi import Query, Response, WebSocket, WebSocketDisconnect
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError

from py360.kit.errors import Unauthenticated
from py360.kit.http import Answer, AsFile, Cursor, DbReads, PageParams, Public, Router, Session, audit, listed, ok
from py360.modules.identity import api as identity
from py360.modules.notifications import queries, service, sockets, stream, tickets, views
from py360.modules.notifications.access import Owner
from py360.modules.notifications.schemas import Preferences

log = structlog.get_logger()
router = Router()
root_router = Router("")  # the WebSocket is also at /ws, outside /api

SIGNED_OUT: Final = 4401
TOO_MANY: Final = 4429
TRY_LATER: Final = 1013


@router.get("/notifications", response_model=Answer[views.NotificationList])
async def list_notifications(
    reads: DbReads,
    caller: Owner,
    page: PageParams,
    tab: Literal["all", "unread", "read"] = "all",
    type: Annotated[str | None, Query(max_length=100, description="One or several, comma separated")] = None,
    search: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    as_file: AsFile = None,
) -> Response:
    """The caller's notifications, newest first, and how many are unread."""
    found = queries.mine(caller, tab, type, search, page.sort)
    return await listed(reads, found, page, as_file, cursor, unreadCount=await queries.unread(reads, caller.user_id))


@router.get("/notifications/unread-count", response_model=Answer[views.UnreadCount])
async def unread_count(reads: DbReads, caller: Owner) -> Response:
    """The number on the bell."""
    return ok({"unreadCount": await queries.unread(reads, caller.user_id)})


@router.put("/notifications/read-all", response_model=Answer[views.AllRead])
async def read_all(session: Session, caller: Owner) -> Response:
    """Mark all of the caller's notifications read."""
    return ok({"updatedCount": await service.mark_all_read(session, caller), "message": "All notifications are read."})


@router.get("/notifications/preferences", response_model=Answer[views.NotificationPreferencesAnswer])
async def preferences(session: Session, caller: Owner) -> Response:
    """How the caller is notified outside the application."""
    return ok({"preferences": _preferences(await identity.general_settings(session, caller))})


@router.put("/notifications/preferences", response_model=Answer[views.NotificationPreferencesSaved])
async def change_preferences(session: Session, caller: Owner, body: Preferences) -> Response:
    """Change how the caller is notified; the same switches as in their general settings."""
    await identity.change_general_settings(session, caller, body.model_dump(exclude_unset=True, by_alias=True))
    chosen = _preferences(await identity.general_settings(session, caller))
    return ok({"preferences": chosen, "message": "Your preferences are saved."})


def _preferences(general: Mapping[str, object]) -> dict[str, object]:
    return {key: general[key] for key in ("emailNotifications", "smsNotifications")}


@router.put("/notifications/{notification_id}/read", response_model=Answer[views.OneRead])
async def mark_read(session: Session, caller: Owner, notification_id: str) -> Response:
    """Mark one of the caller's notifications read."""
    code = await service.mark_read(session, caller, notification_id)
    return ok({"notificationId": code, "message": "The notification is read."})


@router.post("/ws/ticket", response_model=Answer[views.TicketView])
async def ticket(caller: Owner) -> Response:
    """A ticket for the WebSocket: good once, for 30 seconds. Connect to `/ws?ticket=...`, with `&since=<seq>` to catch up."""
    audit.leave_out()
    return ok({"ticket": await tickets.issue(caller), "expiresIn": tickets.LIFETIME_SECONDS, "url": "/ws"})


@router.websocket("/ws", dependencies=[Public])
@root_router.websocket("/ws", dependencies=[Public])
async def live_messages(
    websocket: WebSocket,
    ticket: Annotated[str, Query(max_length=100)] = "",
    since: Annotated[int | None, Query(ge=0, description="The last `seq` that was received")] = None,
) -> None:
    """Live messages `{"type", "seq", "data"}`, first `ready` (or `resync`: load the page's data again).

    Closes with 4401 within about a second when the session ends, and with 4429 when the user has ten sockets open.
    """
    await websocket.accept()
    try:
        with sockets.opened(await tickets.redeem(ticket)) as socket:
            async with asyncio.TaskGroup() as group:
                tasks = (
                    group.create_task(stream.run(socket, since, lambda raw: websocket.send_text(raw.decode()))),
                    group.create_task(socket.watch()),
                )
                await _until_closed(websocket)
                for task in tasks:
                    task.cancel()
    except* sockets.TooManySockets as refused:
        await websocket.close(TOO_MANY, str(refused.exceptions[0]))
    except* Unauthenticated as refused:
        await websocket.close(SIGNED_OUT, str(refused.exceptions[0]))
    except* (CacheConnectionError, CacheTimeoutError, TimeoutError):
        await websocket.close(TRY_LATER)
    except* (WebSocketDisconnect, RuntimeError) as ended:
        log.debug("a WebSocket ended while a message was sent", error=repr(ended.exceptions))
        with suppress(RuntimeError):  # it is closed already, mostly by the browser
            await websocket.close(TRY_LATER)


async def _until_closed(websocket: WebSocket) -> None:
    """Read and ignore what the browser sends until it leaves."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


router.add(root_router)
