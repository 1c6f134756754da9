"""Who has a mail open at the moment: kept in Valkey for a minute, so that two people do not answer the same mail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
import structlog
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError

from py360.kit import ids, live, resources
from py360.kit.caller import Caller
from py360.modules.inbox.live_updates import PERMISSIONS
from py360.modules.settings import api as settings

log = structlog.get_logger()
SECONDS: Final = 60
AWAY: Final = (CacheConnectionError, CacheTimeoutError)


@dataclass(frozen=True, slots=True)
class _Seen:
    name: str
    at: float


def _key(email_id: int) -> str:
    return f"email:viewers:{email_id}"


async def note(caller: Caller, email_id: int) -> None:
    """Note that a user has the mail open; colleagues who have it open are notified the first time. Nothing happens while
    Valkey is away, or where the office does not want it."""
    here = resources.current()
    if not (await settings.get(here.reads, caller.client_id, settings.Email)).real_time_collaboration:
        return
    now = here.clock.now().timestamp()
    entry = orjson.dumps({"name": caller.name, "at": now}).decode()
    try:
        is_new = await here.cache.hset(_key(email_id), str(caller.user_id), entry)
        await here.cache.expire(_key(email_id), SECONDS)
    except AWAY as error:
        log.warning("who looks at a mail is not kept: cache away", error=str(error))
        return
    if is_new:
        await live.send(
            caller.client_id,
            "email.viewers",
            {"emailId": ids.code("mail", email_id), "viewers": await of(email_id)},
            permission=PERMISSIONS,
        )


async def of(email_id: int) -> list[dict[str, object]]:
    """Who has the mail open, the last one first; empty while Valkey is away."""
    here = resources.current()
    try:
        held: dict[str, str] = await here.cache.hgetall(_key(email_id))
    except AWAY:
        return []
    since = here.clock.now().timestamp() - SECONDS
    seen = {int(user): _Seen(**orjson.loads(entry)) for user, entry in held.items()}
    return [
        {"userId": user, "name": each.name, "lastActive": datetime.fromtimestamp(each.at, UTC)}
        for user, each in sorted(seen.items(), key=lambda item: -item[1].at)
        if each.at > since
    ]
