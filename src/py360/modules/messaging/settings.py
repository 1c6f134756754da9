"""The rules of a client's door: what an office may set, and what holds when it did not."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db


@dataclass(frozen=True, slots=True)
class Rules:
    """Times are India's. A cap counts messages per person, channel and 24 hours; 0 means none.

    The window 10:00-21:00 for promotional messages is TRAI's (anchors, section 4).
    """

    template_approval_required: bool = False
    promotional_from: time = time(10)
    promotional_to: time = time(21)
    service_from: time | None = None
    service_to: time | None = None
    promotional_cap: int = 3
    service_cap: int = 0


def _time(text: Any) -> time | None:
    try:
        return time.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _count(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value >= 0 else default


async def rules(session: AsyncSession, client_id: int) -> Rules:
    """The rules in force for a client: settings section `campaigns`."""
    row = await db.one(
        session, "select values from settings where client_id = %(client)s and section = 'campaigns'", {"client": client_id}
    )
    stated: dict[str, Any] = row["values"] if row else {}
    default = Rules()
    return Rules(
        template_approval_required=bool(stated.get("templateApprovalRequired", False)),
        promotional_from=_time(stated.get("promotionalFrom")) or default.promotional_from,
        promotional_to=_time(stated.get("promotionalTo")) or default.promotional_to,
        service_from=_time(stated.get("serviceFrom")),
        service_to=_time(stated.get("serviceTo")),
        promotional_cap=_count(stated.get("promotionalCapPerDay"), default.promotional_cap),
        service_cap=_count(stated.get("serviceCapPerDay"), default.service_cap),
    )
