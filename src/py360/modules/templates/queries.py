"""Templates as people list and read them; every list starts from the caller's clients."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads
from py360.modules.templates.views import TemplateDetailsView, TemplateSummary, TemplateView, VersionView

_TEMPLATE: Final = """
select t.id, t.client_id, t.name, t.template_type, t.category, t.subject, t.content, t.format, t.language, t.variables, t.tags,
  t.is_active, t.status, t.dlt_template_id, t.dlt_approved, t.version, t.usage_count, t.created_by, t.created_at, t.updated_at
from templates t
"""
_TEMPLATE_SORTS: Final = {
    "name": "lower(t.name)",
    "type": "t.template_type",
    "category": "t.category",
    "status": "t.status",
    "usage": "t.usage_count",
    "id": "t.id",
    "createdAt": "t.created_at",
    "updatedAt": "t.updated_at",
    "lastModified": "t.updated_at",
}


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template as it is kept."""

    id: int
    client_id: int
    name: str
    template_type: str
    category: str
    subject: str | None
    content: str
    format: str
    language: str
    variables: list[str] | None
    tags: list[str]
    is_active: bool
    status: str
    dlt_template_id: str | None
    dlt_approved: bool
    version: int
    usage_count: int
    created_by: int | None
    created_at: datetime
    updated_at: datetime


def to_public(row: TemplateRow) -> TemplateView:
    """A template as the API answers it."""
    return {
        "id": ids.code("template", row.id),
        "clientId": row.client_id,
        "name": row.name,
        "type": row.template_type,
        "category": row.category,
        "subject": row.subject,
        "content": row.content,
        "format": row.format,
        "language": row.language,
        "variables": row.variables or [],
        "tags": row.tags,
        "isActive": row.is_active,
        "status": row.status,
        "dltTemplateId": row.dlt_template_id,
        "dltApproved": row.dlt_approved,
        "version": row.version,
        "usageCount": row.usage_count,
        "usage": row.usage_count,  # the screens have both names
        "lastModified": row.updated_at,
        "createdBy": row.created_by,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


_TEMPLATE_FILTER: Final = """
t.client_id = any(%(clients)s)
  and (%(types)s::text[] is null or t.template_type = any(%(types)s))
  and (%(active)s::boolean is null or t.is_active = %(active)s)
  and (%(categories)s::text[] is null or t.category = any(%(categories)s))
  and (%(statuses)s::text[] is null or t.status = any(%(statuses)s))
  and (%(search)s::text is null or t.name ilike %(search)s or t.content ilike %(search)s or t.tags::text ilike %(search)s)
"""


def templates(
    caller: Caller,
    sort: str | None,
    *,
    types: str | None = None,
    active: bool | None = None,
    categories: str | None = None,
    statuses: str | None = None,
    search: str | None = None,
) -> Listing[TemplateRow]:
    """The templates of the caller's clients; types, categories and statuses are comma lists."""
    params = {
        "clients": list(caller.client_ids),
        "types": comma_list(types) or None,
        "active": active,
        "categories": comma_list(categories) or None,
        "statuses": comma_list(statuses) or None,
        "search": containing(search),
    }
    return Listing(
        "templates",
        _TEMPLATE,
        _TEMPLATE_FILTER,
        ordering(sort, _TEMPLATE_SORTS, "id", "t.id"),
        params,
        to_public,
        (
            "id", "name", "type", "category", "subject", "content", "language", "variables", "tags", "status",
            "dltTemplateId", "dltApproved", "version", "usageCount", "createdAt", "updatedAt",
        ),
        row=TemplateRow,
    )  # fmt: skip


_SUMMARY: Final = """
select count(*) as total, count(*) filter (where t.is_active) as active, count(*) filter (where t.dlt_approved) as dlt_approved,
  coalesce(sum(t.usage_count), 0)::bigint as total_usage
from templates t where
"""


@dataclass(frozen=True, slots=True)
class _Summary:
    total: int
    active: int
    dlt_approved: int
    total_usage: int


async def summary(reads: Reads, listing: Listing[TemplateRow]) -> TemplateSummary:
    """The figures of the template manager over the templates of a list."""
    found = await reads.fetch_only(_Summary, _SUMMARY + listing.where, listing.params)
    return {
        "total": found.total,
        "active": found.active,
        "dltApproved": found.dlt_approved,
        "totalUsage": found.total_usage,
    }


_VERSIONS: Final = """
select version, subject, format, created_by, created_at from template_versions
where template_id = %(id)s order by version desc limit 50
"""


@dataclass(frozen=True, slots=True)
class _Version:
    version: int
    subject: str | None
    format: str
    created_by: int | None
    created_at: datetime

    def to_public(self) -> VersionView:
        return {
            "version": self.version,
            "subject": self.subject,
            "format": self.format,
            "createdBy": self.created_by,
            "createdAt": self.created_at,
        }


async def template(reads: Reads, caller: Caller, ref: str) -> TemplateDetailsView:
    """One template with its versions. Raises NotFound."""
    params = {"id": ids.number("template", ref), "clients": list(caller.client_ids)}
    row = await reads.fetch_one(
        TemplateRow, f"{_TEMPLATE} where t.id = %(id)s and t.client_id = any(%(clients)s)", params
    )
    if row is None:
        raise NotFound(f"There is no template “{ref[:60]}”.", code="template_not_found")
    versions = await reads.fetch_all(_Version, _VERSIONS, params)
    return {**to_public(row), "versions": [each.to_public() for each in versions]}
