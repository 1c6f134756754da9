"""From a figure to its rows: the case list with the same filters."""

from typing import Final
from urllib.parse import urlencode

from py360.modules.analytics.filters import Scope
from py360.modules.cases import api as cases

NO_CHANNEL: Final = "none"  # the case list's filter for cases without a channel


def case_list(scope: Scope, **more: str | int | None) -> str:
    """The address of the case list that has the cases of a figure, below `/api`; `more` are further filters of it.

    Without a status it names them all: the list leaves renewed cases out when none is named.
    """
    statuses = str(more.pop("status", "") or "") or ",".join(scope.statuses or cases.LABELS)
    days = {} if scope.period.word == "all" else {"dateFrom": scope.period.first, "dateTo": scope.period.last}
    filters = {
        "status": statuses,
        **days,
        "policyType": ",".join(scope.policy_types),
        "teamId": scope.team_id,
        "agent": scope.member_id,
        **more,
    }
    return "/cases?" + urlencode({name: value for name, value in filters.items() if value not in (None, "")}, safe=",")
