"""Reading and changing a client's settings. Only values that were set are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from psycopg.types.json import Jsonb
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, egress, field_errors
from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from py360.modules.settings.sections import ELSEWHERE, NAMES, SECTIONS, Section, called_of, secrets_of

MASK: Final = "********"
_STORED: Final = "select values from settings where client_id = %(client)s and section = %(section)s"
S = TypeVar("S", bound=Section)


def section_named(name: str) -> type[Section]:
    """The section of that name; raises NotFound, saying where the tab's settings are kept if they are elsewhere."""
    if name in SECTIONS:
        return SECTIONS[name]
    where = f" They are kept at {ELSEWHERE[name]}." if name in ELSEWHERE else f" There are {', '.join(SECTIONS)}."
    raise NotFound(f"There are no settings called “{name[:50]}” here.{where}")


def may_read(caller: Caller, section: type[Section]) -> None:
    """Raise Forbidden unless the caller manages settings or works with what the section is about."""
    if not caller.may("settings", *section.readers):
        raise Forbidden("Your role has no access to these settings.")


def check_may_change(caller: Caller, section: type[Section]) -> None:
    """Raise Forbidden unless the caller's role includes the feature that this section belongs to, if it belongs to one."""
    if section.feature and not caller.may(section.feature):
        raise Forbidden(f"Your role does not include {section.feature}.", code="feature_missing")


def parse(section: type[S], stored: Mapping[str, object] | None) -> S:
    """The values in force. Stored values that no longer fit a narrowed range fall back to the default, one by one."""
    values = dict(stored or {})
    while True:
        try:
            return section.model_validate(values)
        except ValidationError as error:
            bad = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            if not bad & values.keys():
                return section()
            values = {key: value for key, value in values.items() if key not in bad}


async def read(source: db.Source, client_id: int, section: type[S]) -> S:
    """A client's values, secrets still sealed."""
    return parse(section, await db.fetch_one(source, dict, _STORED, {"client": client_id, "section": NAMES[section]}))


def to_public(values: Section) -> dict[str, object]:
    """The values as the API answers them: secrets are masked, never given back."""
    hidden = secrets_of(type(values))
    return {
        key: (MASK if value else "") if key in hidden else value
        for key, value in values.model_dump(mode="json", by_alias=True).items()
    }


async def version(session: AsyncSession, client_id: int, section: type[Section]) -> int:
    """The version of a client's section; 0 while nobody has changed it."""
    changed = await db.fetch_one(
        session,
        datetime,
        "select updated_at from settings where client_id = %(client)s and section = %(section)s",
        {"client": client_id, "section": NAMES[section]},
    )
    return version_of(changed) if changed else 0


async def refuse_inside(section: type[Section], values: Mapping[str, object]) -> None:
    """Raise Invalid (`address_not_allowed`) for an address that we would call on this machine or in its private networks."""
    for key in sorted(called_of(section) & values.keys()):
        value = values[key]
        if not isinstance(value, str) or not value.startswith("http"):
            continue  # what is no web address is refused with its field
        if refused := await egress.refusal_of_url(value):
            raise Invalid(refused, code="address_not_allowed", details=[{"field": key, "message": refused}])


async def change(
    session: AsyncSession, caller: Caller, section: type[Section], values: Mapping[str, object], seen: int | None = None
) -> list[str]:
    """Set these values and keep the others; the names that are no settings of this section, which were not stored.

    A masked secret means: leave it. Raises Invalid, naming every value that is out of its range, and PreconditionFailed
    when `seen` is no longer the section's version.
    """
    before = await version(session, caller.client_id, section)
    known = {field.alias or name for name, field in section.model_fields.items()}
    hidden = secrets_of(section)
    ignored = sorted(set(values) - known)
    new = {key: value for key, value in values.items() if key in known and not (key in hidden and value == MASK)}
    client = {"client": caller.client_id, "section": NAMES[section]}
    await db.execute(
        session,
        "insert into settings (client_id, section) values (%(client)s, %(section)s) on conflict do nothing",
        client,
    )
    stored = await db.fetch_only(session, dict, f"{_STORED} for update", client)
    if seen is not None and seen != (before and await version(session, caller.client_id, section)):
        raise PreconditionFailed
    try:
        checked = section.model_validate({**stored, **new})
    except ValidationError as error:
        raise _invalid(error) from error
    clean = checked.model_dump(mode="json", by_alias=True, include={_field(section, key) for key in {**stored, **new}})
    for key in hidden & new.keys():
        clean[key] = crypto.seal(clean[key]) if clean[key] else ""
    await db.execute(
        session,
        "update settings set values = %(values)s, updated_by = %(user)s, updated_at = now()"
        " where client_id = %(client)s and section = %(section)s",
        {**client, "values": Jsonb(clean), "user": caller.user_id},
    )
    return ignored


def _field(section: type[Section], key: str) -> str:
    return next((name for name, field in section.model_fields.items() if key in (field.alias, name)), key)


def _invalid(error: ValidationError) -> Invalid:
    details = [
        {"field": ".".join(str(part) for part in item["loc"]), "message": field_errors.words(item)}
        for item in error.errors()
    ]
    return Invalid("Some settings are out of their range.", code="bad_setting", details=details)


async def reset(session: AsyncSession, caller: Caller, section: type[Section]) -> None:
    """Back to the defaults."""
    await db.execute(
        session,
        "delete from settings where client_id = %(client)s and section = %(section)s",
        {"client": caller.client_id, "section": NAMES[section]},
    )


@dataclass(frozen=True, slots=True)
class _Sealed:
    client_id: int
    sealed: str = field(repr=False)


async def reseal(session: AsyncSession) -> int:
    """Seal the secrets of every section with the newest key; how many. Raises ValueError when one cannot be opened."""
    done = 0
    for section, name in NAMES.items():
        for key in sorted(secrets_of(section)):
            rows = await db.fetch_all(
                session,
                _Sealed,
                "select client_id, values ->> %(key)s as sealed from settings where section = %(section)s"
                " and values ->> %(key)s <> '' order by client_id for update",
                {"section": name, "key": key},
            )
            for row in rows:
                await db.execute(
                    session,
                    "update settings set values = jsonb_set(values, array[%(key)s], to_jsonb(%(sealed)s::text))"
                    " where client_id = %(client)s and section = %(section)s",
                    {"client": row.client_id, "section": name, "key": key, "sealed": crypto.reseal(row.sealed)},
                )
            done += len(rows)
    return done
