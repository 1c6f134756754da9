"""What a list of cases can be narrowed by, as SQL on `renewal_cases` alone.

Values of a fixed vocabulary are literals in the SQL on purpose: the planner then knows how common a status is, and can use
the partial indexes. Free text is a parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.errors import Invalid
from py360.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from py360.kit.reads import Reads
from py360.kit.wire import QuerySchema
from py360.modules.cases.statuses import (
    CLOSED,
    ENDED,
    LABELS,
    PAYMENT_STATUSES,
    PRIORITIES,
    one_of,
    policy_status_code,
    status_code,
)

_NAMED: Final = """
select id from identity_public_users where lower(name) = lower(%(name)s) and client_id = any(%(clients)s)
"""
CREATED: Final = "c.created_at"
CLOSED_AT: Final = "c.closed_at"
ENDED_AT: Final = "coalesce(c.closed_at, c.last_action_date, c.created_at)"
UNASSIGNED: Final = frozenset({"unassigned", "none", "null"})
ALL: Final = frozenset({"", "all"})
Text = Annotated[str, StringConstraints(max_length=300)]


class Filters(QuerySchema):
    """The filters of the case lists, as they come in the query or in an export's body; empty ones narrow nothing."""

    search: Text = Field("", description="Pieces of case id, customer name or policy number; commas mean or")
    status: Text = Field("", description="In any spelling; several with commas; all")
    when: Text = Field("", alias="date", description="today, yesterday, lastWeek, lastMonth or a day")
    date_from: date | None = None
    date_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    agent: Text = Field("", description="Id, name, me or Unassigned")
    policy_status: Text = ""
    priority: Text = Field("", description="low, medium, high, urgent; or true (high and urgent), false")
    batch: Text = Field("", alias="batchId")
    upload: Text = Field("", alias="uploadId")
    channel: Text = Field("", description="As files name it; none: cases without one")
    payment_status: Text = ""
    policy_type: Text = Field("", description="motor, home, life, health, travel, commercial; several with commas")
    team_id: Text = Field("", description="A region, branch or team, with what is below it")

    @property
    def terms(self) -> list[str]:
        """The search terms, lower case: between commas, one of them suffices."""
        return [term for part in self.search.split(",") if (term := part.strip().lower())][:10]


class ListQuery(Filters):
    """A page of a case list: the filters, and which part in which order. One model, validated once."""

    page: int = Field(1, ge=1, le=100_000, description="From 1")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Rows per page")
    sort: str | None = Field(None, max_length=60, description="A column; `-` in front for descending")
    cursor: str | None = Field(None, max_length=300, description="`nextCursor` of the page before")
    as_file: Text = Field("", alias="format", description="csv, xlsx, pdf or json: the whole list as a file")

    @property
    def part(self) -> Page:
        """Paging and sorting."""
        return Page(self.page, self.limit, self.sort)


@dataclass(slots=True)
class Where:
    """A growing predicate on `renewal_cases c` and its parameters; `by` is its natural order.

    `closed`: all that it finds have a closing date, by which an index has them in order.
    """

    parts: list[str] = field(default_factory=list)
    params: dict[str, object] = field(default_factory=dict)
    by: str = "-id"
    closed: bool = False

    def add(self, sql: str, **params: object) -> None:
        """Narrow it further."""
        self.parts.append(sql)
        self.params |= params

    @property
    def sql(self) -> str:
        """The whole predicate."""
        return " and ".join(self.parts)


async def where(reads: Reads, caller: Caller, filters: Filters, today: date, *, closed: bool = False) -> Where:
    """The predicate of the tracking list, or of the closed list; raises Invalid for an unknown value."""
    reach, params = reach_filter(caller)
    built = Where([reach], dict(params))
    if closed:
        _ended(built, filters.status)
    else:
        _status(built, filters.status)
    _moment(built, filters, today, closed)
    if filters.due_from or filters.due_to:
        built.add(
            "c.due_date between %(due_from)s and %(due_to)s",
            due_from=filters.due_from or date.min,
            due_to=filters.due_to or date.max,
        )
        built.by = "dueDate"
    _terms(built, filters)
    if filters.policy_status.lower() not in ALL:
        _policy_status(built, policy_status_code(filters.policy_status), today)
    if filters.agent.lower() not in ALL:
        await _agent(reads, built, caller, filters.agent)
    _batch(built, filters)
    return built


def _named(text: str) -> list[str]:
    return [status_code(part) for part in text.split(",") if part.strip().lower() not in ALL]


def _status(built: Where, text: str) -> None:
    """The tracking list: named statuses, else everything but renewed."""
    if named := _named(text):
        _one_of_values(built, "status", named)
    else:
        built.add("c.status <> 'renewed'")


def _ended(built: Where, text: str) -> None:
    """The closed list: renewed cases, else the named ones of those that ended, else (`all`) all of those."""
    named = _named(text) or (sorted(ENDED) if text.strip().lower() == "all" else ["renewed"])
    if not ENDED.issuperset(named):
        words = ", ".join(LABELS[code] for code in LABELS if code in ENDED)
        raise Invalid(
            f"The closed list has cases that are {words}.",
            code="not_a_closed_status",
            details=[{"field": "status", "message": f"one of {words}"}],
        )
    _one_of_values(built, "status", named)
    if CLOSED.issuperset(named):
        built.add("c.closed_at is not null")
        built.closed, built.by = True, "-closedDate"


def _moment(built: Where, filters: Filters, today: date, ended: bool) -> None:
    """When a case was uploaded, or when it ended: a failed one, which may still be reinstated, by its last action."""
    first, last = _span(filters, today)
    if first is None and last is None:
        return
    column = CREATED
    if ended:  # by an index already where all have a day of closing, and newest first where not
        column = CLOSED_AT if built.closed else ENDED_AT
    else:
        built.by = "-createdAt"
    if first:
        built.add(f"{column} >= %(moment_from)s", moment_from=day_begins(first))
    if last:
        built.add(f"{column} < %(moment_to)s", moment_to=day_ends(last))


def _span(filters: Filters, today: date) -> tuple[date | None, date | None]:
    """The days of `today`, `yesterday`, `lastWeek`, `lastMonth`, one day, or dateFrom and dateTo."""
    word = filters.when.strip().lower().replace(" ", "").replace("_", "")
    spans = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "lastweek": (today - timedelta(days=7), today),
        "lastmonth": (today - timedelta(days=30), today),
    }
    if word in spans:
        return spans[word]
    if word not in ALL and word != "custom":
        try:
            day = date.fromisoformat(word)
        except ValueError as error:
            raise Invalid(
                f"“{(filters.when or '')[:40]}” is not a date filter: today, yesterday, lastWeek, lastMonth or YYYY-MM-DD.",
                code="unknown_date",
            ) from error
        return day, day
    return filters.date_from, filters.date_to


def _terms(built: Where, filters: Filters) -> None:
    """Priority, payment status and channel."""
    if (priority := filters.priority.strip().lower()) not in ALL:
        if priority in ("true", "priority"):
            built.add("c.priority in ('high', 'urgent')")
        elif priority in ("false", "normal"):
            built.add("c.priority in ('low', 'medium')")
        else:
            built.add(f"c.priority = '{one_of('priority', priority, PRIORITIES)}'")
    if filters.payment_status.lower() not in ALL:
        built.add(f"c.payment_status = '{one_of('paymentStatus', filters.payment_status, PAYMENT_STATUSES)}'")
    if filters.channel.lower() == "none":
        built.add("coalesce(c.channel, '') = ''")
    elif filters.channel.lower() not in ALL:
        built.add("c.channel = %(channel)s", channel=filters.channel)
    _policies_and_team(built, filters)


def _policies_and_team(built: Where, filters: Filters) -> None:
    """The type of the policy, and a place of the organisation with what is below it."""
    if types := [word for part in filters.policy_type.lower().split(",") if (word := part.strip()) not in ALL]:
        built.add(
            "exists (select from policies p where p.id = c.policy_id and lower(p.policy_type) = any(%(policy_types)s))",
            policy_types=types,
        )
    if filters.team_id.lower() not in ALL:
        number = ids.bare_number(filters.team_id)
        if number is None:
            raise Invalid(
                f"“{filters.team_id[:60]}” is no number of a region, branch or team.",
                code="unknown_value",
                details=[{"field": "teamId", "message": "a number, as GET /api/teams has it"}],
            )
        built.add(
            "c.node_id in (select n.id from organization_public_node n join organization_public_node t on n.path <@ t.path"
            " where t.id = %(team)s)",
            team=number,
        )


def _policy_status(built: Where, code: str, today: date) -> None:
    """Set by hand, else derived from the due date, the days of grace and whether the case is renewed (6.2)."""
    grace = "(select p.grace_period_days from policies p where p.id = c.policy_id)"
    day = f"date '{today.isoformat()}'"
    derived = {
        "pre_due": f"c.status <> 'renewed' and c.due_date >= {day}",
        "policy_due": f"c.status <> 'renewed' and c.due_date < {day} and c.due_date >= {day} - 365 and c.due_date >= {day} - {grace}",
        "reinstatement": f"c.status <> 'renewed' and c.due_date < {day} and c.due_date < {day} - {grace}",
        "active": "c.status = 'renewed'",
    }
    if code == "active" and "c.status <> 'renewed'" in built.parts:
        built.add("c.policy_status = 'active'")  # where renewed cases are left out, only what was set by hand
        return
    built.add(f"(c.policy_status = '{code}' or (c.policy_status is null and {derived[code]}))")


async def _agent(reads: Reads, built: Where, caller: Caller, text: str) -> None:
    """An agent's id or name, `me`, or Unassigned. A name that no user has finds nothing."""
    if text.lower() in UNASSIGNED:
        built.add("c.assigned_to is null")
        return
    if text.lower() == "me":
        found = [caller.user_id]
    elif text.isascii() and text.isdigit() and len(text) < 18:
        found = [int(text)]
    else:
        found = await reads.fetch_all(int, _NAMED, {"name": text, "clients": list(caller.client_ids)})
    _one_of_values(built, "assigned_to", found)


def _batch(built: Where, filters: Filters) -> None:
    """A batch by its code or number, or an upload by its code; found within the list's own statement."""
    for name, text, sql in (
        ("batch", filters.batch, "batch_code = %(batch)s or id = %(batch_number)s"),
        ("upload", filters.upload, "upload_id = %(upload_number)s"),
    ):
        if text.lower() not in ALL:
            bare = text.lower().removeprefix("upload-")
            number = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 18 else None
            built.add(
                f"c.batch_id = (select id from upload_batches where {sql} limit 1)",
                **{name: text, f"{name}_number": number},
            )


def _one_of_values(built: Where, column: str, found: Sequence[int | str]) -> None:
    """The column is one of these ids or fixed terms, as literals; nothing matches when there are none."""
    if len(found) == 1:
        built.add(f"c.{column} = {found[0]!r}")
    else:
        built.add(f"c.{column} in ({', '.join(map(repr, found))})" if found else "false")


def case_number(text: str | int) -> int:
    """The key behind a case's code; raises NotFound, naming it."""
    return ids.number("case", text)
