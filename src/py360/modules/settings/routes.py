"""The HTTP face of settings."""

from typing import Annotated

from fastapi import Body, Response

from py360.kit.http import Answer, IfMatch, Public, Router, Session, etag, ok
from py360.modules.identity.api import LANGUAGES
from py360.modules.settings import service
from py360.modules.settings.access import CanChangeSettings, CanReadSettings
from py360.modules.settings.fields import fields
from py360.modules.settings.views import LanguageList, SectionFields, SectionReset, SectionSaved, SectionView

router = Router()


@router.get("/settings/{section}", response_model=Answer[SectionView])
async def read_settings(session: Session, caller: CanReadSettings, section: str) -> Response:
    """A tab's settings in force for the caller's client: what was set, else the default. Secrets are masked."""
    chosen = service.section_named(section)
    service.may_read(caller, chosen)
    values = service.to_public(await service.read(session, caller.client_id, chosen))
    version = await service.version(session, caller.client_id, chosen)
    return ok({"section": section, "settings": values}, headers=etag(version))


@router.get("/settings/{section}/fields", response_model=Answer[SectionFields])
async def describe_settings(caller: CanReadSettings, section: str) -> Response:
    """What each setting of a tab is: its kind, its range or choices, and what it means. For a form."""
    chosen = service.section_named(section)
    service.may_read(caller, chosen)
    return ok({"section": section, "fields": fields(chosen)})


@router.put("/settings/{section}", response_model=Answer[SectionSaved])
async def change_settings(
    session: Session, caller: CanChangeSettings, section: str, body: Annotated[dict[str, object], Body()], seen: IfMatch
) -> Response:
    """Change a tab's settings, all or some. Names that are no settings of this tab are listed in `ignored`."""
    chosen = service.section_named(section)
    service.check_may_change(caller, chosen)
    await service.refuse_inside(chosen, body)
    ignored = await service.change(session, caller, chosen, body, seen)
    values = service.to_public(await service.read(session, caller.client_id, chosen))
    version = await service.version(session, caller.client_id, chosen)
    answer = {"section": section, "settings": values, "ignored": ignored, "message": "The settings were saved."}
    return ok(answer, headers=etag(version))


@router.post("/settings/{section}/reset", response_model=Answer[SectionReset])
async def reset_settings(session: Session, caller: CanChangeSettings, section: str) -> Response:
    """Put a tab back to its defaults."""
    chosen = service.section_named(section)
    service.check_may_change(caller, chosen)
    await service.reset(session, caller, chosen)
    values = service.to_public(await service.read(session, caller.client_id, chosen))
    return ok({"section": section, "settings": values, "message": "The settings have their defaults again."})


@router.get("/languages", dependencies=[Public], response_model=Answer[LanguageList])
async def languages() -> Response:
    """The languages of the interface."""
    return ok(
        {
            "languages": [
                {"code": code, "name": name, "nativeName": own, "direction": "rtl" if rtl else "ltr"}
                for code, name, own, rtl in LANGUAGES
            ]
        }
    )
