"""What cases publish. Fields are plain JSON values; a subscriber may see an event twice or out of order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseRenewed:
    """A case was renewed: reminders stop, the policy is in its next term."""

    case_id: int


@dataclass(frozen=True, slots=True)
class CaseRefunded:
    """Money went back to the customer. `wholly`: nothing of what they paid is left; the renewal stays until a user decides."""

    case_id: int
    wholly: bool


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """A case is over, whatever the outcome (`status`: renewed, lapsed or cancelled)."""

    case_id: int
    status: str


@dataclass(frozen=True, slots=True)
class CaseReopened:
    """A closed case is worked again; `old_status`: renewed, lapsed or cancelled."""

    case_id: int
    old_status: str


@dataclass(frozen=True, slots=True)
class CaseAssigned:
    """A case has another agent, or none."""

    case_id: int
    assigned_to: int | None


@dataclass(frozen=True, slots=True)
class CaseStatusChanged:
    """A case moved from one status to another."""

    case_id: int
    old_status: str
    new_status: str
