"""The audit log of the caller's clients: who changed what, when and from where, newest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from py360.kit.caller import Caller
from py360.kit.clock import day_begins, day_ends
from py360.kit.listing import Listing, containing, ordering
from py360.modules.cases.views import AuditLineView

_LINES: Final = """
select g.id, g.created_at, u.name as user, g.user_id, g.action_type, g.entity_type, g.entity_id, g.new_values ->> 'method' as method,
  g.new_values ->> 'path' as path, host(g.ip_address) as address, g.request_id
from audit_logs g left join identity_public_users u on u.id = g.user_id
"""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A change that a user made."""

    id: int
    created_at: datetime
    user: str | None
    user_id: int | None
    action_type: str
    entity_type: str | None
    entity_id: int | None
    method: str | None
    path: str | None
    address: str | None
    request_id: str | None

    def to_public(self) -> AuditLineView:
        """The line as the API answers it."""
        return {
            "id": self.id,
            "timestamp": self.created_at,
            "userId": self.user_id,
            "user": self.user,
            "action": self.action_type.replace("_", " ").capitalize(),
            "actionType": self.action_type,
            "entityType": self.entity_type,
            "entityId": self.entity_id,
            "method": self.method,
            "path": self.path,
            "ipAddress": self.address,
            "requestId": self.request_id,
        }


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines; the days are India's and both included."""

    user_id: int | None = None
    entity_type: str | None = None
    entity_id: int | None = None
    since: date | None = None
    until: date | None = None
    search: str | None = None


def audit_lines(caller: Caller, chosen: AuditFilter, sort: str | None) -> Listing[AuditLine]:
    """The lines of the caller's clients; those of reach `all` see everybody's, the others their own."""
    params = {
        "clients": list(caller.client_ids),
        "own": None if caller.reach == "all" else caller.user_id,
        "user": chosen.user_id,
        "type": chosen.entity_type,
        "entity": chosen.entity_id,
        "since": day_begins(chosen.since) if chosen.since else None,
        "until": day_ends(chosen.until) if chosen.until else None,
        "search": containing(chosen.search),
    }
    return Listing(
        "auditLogs",
        _LINES,
        "g.client_id = any(%(clients)s) and (%(own)s::bigint is null or g.user_id = %(own)s)"
        " and (%(user)s::bigint is null or g.user_id = %(user)s) and (%(type)s::text is null or g.entity_type = %(type)s)"
        " and (%(entity)s::bigint is null or g.entity_id = %(entity)s)"
        " and (%(since)s::timestamptz is null or g.created_at >= %(since)s)"
        " and (%(until)s::timestamptz is null or g.created_at < %(until)s)"
        " and (%(search)s::text is null or g.action_type ilike %(search)s or g.new_values ->> 'path' ilike %(search)s)",
        ordering(sort, {"timestamp": "g.id", "createdAt": "g.id", "action": "g.action_type"}, "-timestamp", "g.id"),
        params,
        AuditLine.to_public,
        ("id", "timestamp", "user", "action", "entityType", "entityId", "method", "path", "ipAddress", "requestId"),
        row=AuditLine,
    )
