"""Sender accounts."""

from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, Router, Search, Session, Sort, etag, listed, ok
from py360.modules.providers import queries, service
from py360.modules.providers.access import CanManageProviders, CanSeeProviders
from py360.modules.providers.catalog import TYPES
from py360.modules.providers.schemas import Active, ProviderIn, ProviderTest
from py360.modules.providers.views import (
    ProviderAdded,
    ProviderChanged,
    ProviderList,
    ProviderStatsView,
    ProviderSwitched,
    ProviderTested,
    ProviderTotalsView,
    ProviderTypeList,
    ProviderView,
)

router = Router()
ChannelName = Literal["email", "sms", "whatsapp", "call", "payment"]


@router.get("/providers", response_model=Answer[ProviderList])
async def list_providers(
    reads: DbReads,
    caller: CanSeeProviders,
    channel: ChannelName | None = None,
    active: Annotated[bool | None, Query(description="Only switched-on or switched-off ones")] = None,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The accounts, by channel, the default first; secrets are masked. Not cut into pages."""
    return await listed(reads, queries.providers(caller, sort, channel, active, search), None, as_file)


@router.post("/providers", status_code=201, response_model=Answer[ProviderAdded])
async def create_provider(session: Session, reads: DbReads, caller: CanManageProviders, body: ProviderIn) -> Response:
    """Add an account. It takes its channel over from the sandbox when it is the default, or once its test succeeds."""
    number = await service.create(session, caller, body)
    return ok(
        {
            "providerId": number,
            "id": number,
            "message": "The account is saved. Test it: when the test succeeds, it takes over from the sandbox.",
        },
        201,
    )


@router.get("/providers/types", response_model=Answer[ProviderTypeList])
async def provider_types(caller: CanSeeProviders) -> Response:
    """Which vendors there are, and which settings each needs. One with `available: false` cannot be used yet."""
    return ok({"types": [each.to_public() for each in TYPES]})


@router.get("/providers/stats", response_model=Answer[ProviderTotalsView])
async def all_stats(reads: DbReads, caller: CanSeeProviders) -> Response:
    """Accounts per channel, by state."""
    found = await queries.channel_stats(reads, caller)
    return ok({"channels": {each.channel: each.to_public() for each in found}})


@router.post("/providers/test", response_model=Answer[ProviderTested])
async def test_provider(caller: CanManageProviders, body: ProviderTest) -> Response:
    """Try an account: the vendor is asked, nothing is sent."""
    works, sentence = await service.test(caller, body)
    return ok({"success": works, "message": sentence})


@router.post("/settings/integrations/{kind}/test", response_model=Answer[ProviderTested])
async def test_integration(caller: CanManageProviders, kind: Literal["calling", "whatsapp", "sms"]) -> Response:
    """Try the account that the office calls or sends by: its default one of that channel."""
    works, sentence = await service.test_default(caller, "call" if kind == "calling" else kind)
    return ok({"success": works, "message": sentence})


@router.get("/providers/{channel}/{provider_id}/stats", response_model=Answer[ProviderStatsView])
async def provider_stats(reads: DbReads, caller: CanSeeProviders, channel: str, provider_id: int) -> Response:
    """What an account sent."""
    found = await queries.provider_stats(reads, caller, channel, provider_id)
    return ok(found.to_public())


@router.get("/providers/{provider_id}", response_model=Answer[ProviderView])
async def read_provider(reads: DbReads, caller: CanSeeProviders, provider_id: int) -> Response:
    """One account; secrets are masked."""
    found = await queries.provider(reads, caller, provider_id)
    return ok(found.to_public(), headers=etag(found.version))


@router.put("/providers/{provider_id}", response_model=Answer[ProviderChanged])
async def update_provider(
    session: Session, reads: DbReads, caller: CanManageProviders, provider_id: int, body: ProviderIn, version: IfMatch
) -> Response:
    """Save an account again; a masked or missing secret keeps its value."""
    before = await queries.provider(reads, caller, provider_id)
    await service.update(session, caller, provider_id, body, version)
    body.as_shown(before.to_public())
    return ok({"providerId": provider_id, "message": "The account is saved"})


@router.delete("/providers/{provider_id}", response_model=Answer[ProviderChanged])
async def delete_provider(session: Session, caller: CanManageProviders, provider_id: int) -> Response:
    """Remove an account."""
    await service.delete(session, caller, provider_id)
    return ok({"providerId": provider_id, "message": "The account is deleted"})


@router.put("/providers/{provider_id}/active", response_model=Answer[ProviderSwitched])
async def set_active(session: Session, caller: CanManageProviders, provider_id: int, body: Active) -> Response:
    """Switch an account on or off."""
    active = await service.set_active(session, caller, provider_id, body.is_active)
    return ok({"providerId": provider_id, "isActive": active, "message": f"The account is {'on' if active else 'off'}"})


@router.put("/providers/{provider_id}/default", response_model=Answer[ProviderChanged])
async def set_default(session: Session, caller: CanManageProviders, provider_id: int) -> Response:
    """Make an account its channel's default."""
    await service.set_default(session, caller, provider_id)
    return ok({"providerId": provider_id, "isDefault": True, "message": "The account is the default of its channel"})
