"""Every feature of the catalogue is enforced: a role with all of a page but this feature is refused, with it not."""

from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.types.json import Jsonb

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.identity import authentication, catalogue
from tests.modules.conftest import AsRole, Person, as_role

__all__ = ["as_role"]  # the fixture


@dataclass(frozen=True)
class Use:
    """A request that a feature allows. What it names need not exist: a right is checked before."""

    method: str
    path: str
    body: dict[str, Any] | None = field(default=None)


def campaign(*channels: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "Renewals",
        "type": list(channels),
        "templates": dict.fromkeys(channels, 999),
        "uploadId": 999,
    } | more


LATER: Final = {"scheduleType": "scheduled", "scheduledAt": "2099-01-01T00:00:00Z"}
FILTERED: Final = {"targetAudience": {"statuses": ["in_progress"]}}
USES: Final = {
    "upload:file-upload": Use("POST", "/api/upload"),
    "upload:campaign-creation": Use("POST", "/api/campaigns", campaign("sms")),
    "upload:multi-channel": Use("POST", "/api/campaigns", campaign("sms", "email")),
    "upload:template-selection": Use("GET", "/api/templates"),
    "upload:scheduling": Use("POST", "/api/campaigns", campaign("sms", **LATER)),
    "upload:analytics-view": Use("GET", "/api/batches/status"),
    "campaigns:campaign-creation": Use("POST", "/api/campaigns", campaign("sms")),
    "campaigns:campaign-editing": Use("PUT", "/api/campaigns/999", {"name": "Other"}),
    "campaigns:campaign-control": Use("PUT", "/api/campaigns/999/status", {"status": "paused"}),
    "campaigns:performance-analytics": Use("GET", "/api/campaigns/analytics"),
    "campaigns:audience-segmentation": Use("POST", "/api/campaigns/preview-audience", {"type": ["sms"], **FILTERED}),
    "campaigns:multi-channel": Use("POST", "/api/campaigns", campaign("sms", "email")),
    "campaigns:email": Use("POST", "/api/campaigns", campaign("email")),
    "campaigns:whatsapp": Use("POST", "/api/campaigns", campaign("whatsapp")),
    "campaigns:sms": Use("POST", "/api/campaigns", campaign("sms")),
    "cases:payments": Use("POST", "/api/payments/999/refund", {"amount": 1}),
    "cases:payment-approvals": Use("PUT", "/api/payments/approvals/999/decision", {"decision": "approved"}),
    "settings:integrations": Use("PUT", "/api/settings/integrations", {"dataRetentionDays": 90}),
    "dashboard:hierarchy": Use("POST", "/api/hierarchy/nodes", {"name": "South", "type": "region"}),
    "claims:approval": Use("PUT", "/api/claims/999/approval", {"outcome": "granted"}),
}


def test_every_feature_has_a_case() -> None:
    assert USES.keys() == {feature.id for feature in catalogue.FEATURES}


async def test_every_feature_is_enforced(as_role: AsRole) -> None:
    for feature, use in USES.items():
        without, allowed = await people(as_role, feature)
        refused = await without.request(use.method, use.path, json=use.body)
        assert refused.status_code == 403, (feature, refused.text)
        passed = await allowed.request(use.method, use.path, json=use.body)
        assert passed.status_code not in (401, 403), (feature, passed.text)


async def people(as_role: AsRole, feature: str) -> tuple[Person, Person]:
    """Somebody without this one feature of its page, and somebody with it alone of them."""
    others = sorted(name for name in catalogue.expand([feature.partition(":")[0]]) if name != feature)
    word = feature.replace(":", "-")
    roles = {f"without-{word}": [*others, "profile"], f"with-{word}": [*others, feature]}
    async with unit_of_work() as session:
        for name, held in roles.items():
            await db.execute(
                session,
                "insert into roles (name, display_name, permissions, reach) values (%(name)s, %(name)s, %(set)s, 'all')",
                {"name": name, "set": Jsonb(held)},
            )
    without, allowed = [await as_role(name) for name in roles]
    async with unit_of_work() as session:
        # A page whose only feature is left out would imply it again: there the feature is revoked from the user.
        await db.execute(
            session, "update users set revoked_permissions = %(set)s where id = %(user)s",
            {"set": Jsonb([feature]), "user": without.user["id"]},
        )  # fmt: skip
    authentication.forget()
    return without, allowed
