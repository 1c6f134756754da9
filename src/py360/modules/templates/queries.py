"""Templates as people list and read them; every list starts from the caller's clients."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads

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


def shown_template(row: Mapping[str, Any]) -> dict[str, Any]:
    """A template of the wire."""
    return {
        "id": ids.code("template", row["id"]),
        "clientId": row["client_id"],
        "name": row["name"],
        "type": row["template_type"],
        "category": row["category"],
        "subject": row["subject"],
        "content": row["content"],
        "format": row["format"],
        "language": row["language"],
        "variables": row["variables"] or [],
        "tags": row["tags"],
        "isActive": row["is_active"],
        "status": row["status"],
        "dltTemplateId": row["dlt_template_id"],
        "dltApproved": row["dlt_approved"],
        "version": row["version"],
        "usageCount": row["usage_count"],
        "createdBy": row["created_by"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
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
) -> Listing:
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
        shown_template,
        (
            "id", "name", "type", "category", "subject", "content", "language", "variables", "tags", "status",
            "dltTemplateId", "dltApproved", "version", "usageCount", "createdAt", "updatedAt",
        ),
    )  # fmt: skip


async def template_figures(reads: Reads, listing: Listing) -> dict[str, Any]:
    """The figures of the template manager over the templates of a list."""
    figures = await reads.one(
        "select count(*) as total, count(*) filter (where is_active) as active,"
        ' count(*) filter (where dlt_approved) as "dltApproved", coalesce(sum(usage_count), 0)::bigint as "totalUsage"'
        f" from templates t where {listing.where}",
        listing.params,
    )
    assert figures is not None
    return figures


async def template(reads: Reads, caller: Caller, ref: str) -> dict[str, Any]:
    """One template with its versions. Raises NotFound."""
    number = ids.number("template", ref)
    params = {"id": number, "clients": list(caller.client_ids)}
    row = await reads.one(f"{_TEMPLATE} where t.id = %(id)s and t.client_id = any(%(clients)s)", params)
    if row is None:
        raise NotFound(f"There is no template “{ref[:60]}”.", code="template_not_found")
    versions = await reads.all(
        'select version, subject, format, created_by as "createdBy", created_at as "createdAt"'
        " from template_versions where template_id = %(id)s order by version desc limit 50",
        params,
    )
    return {**shown_template(row), "versions": versions}
