"""What the API of claims takes (domain reference, section 11)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, StringConstraints, model_validator

from py360.kit.wire import AS_CODE, SHOWN, Schema
from py360.modules.claims.statuses import OTHER_TYPE_NAMES, ClaimType
from py360.modules.customers.api import Email, Phone


def _known_type(text: object) -> object:
    return OTHER_TYPE_NAMES.get(text, text) if isinstance(text, str) else text


Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="INR")]
Type = Annotated[ClaimType, BeforeValidator(_known_type), AS_CODE, Field(description="vehicle, home, health, ...")]
Priority = Annotated[Literal["low", "medium", "high", "urgent"], AS_CODE]
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
UserId = Annotated[int, Field(ge=1, lt=2**63)]
IncidentDate = Annotated[date, Field(validation_alias=AliasChoices("incidentDate", "dateOfIncident", "incident_date"))]


class ClaimantIn(Schema):
    """Who claims, when it is not the insured: the nominee of a death claim, a relative, the hospital."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    relation: Annotated[str, StringConstraints(max_length=50)] | None = None
    email: Email | None = None
    phone: Phone | None = None


class ClaimIn(Schema):
    """A claim of a policy; the policy by number or key, or by the renewal case that is worked at the moment."""

    policy_number: Word | None = None
    policy_id: int | str | None = None
    case_id: int | str | None = None
    type: Type
    category: Word | None = None
    title: Short | None = None
    description: Text
    claim_amount: Amount
    incident_date: IncidentDate
    reported_date: Annotated[
        date | None, Field(validation_alias=AliasChoices("reportedDate", "dateReported", "reported_date"))
    ] = None
    priority: Priority = "medium"
    is_cashless: bool = False
    is_investigated: bool = False
    claimant: ClaimantIn | None = None
    member_id: Annotated[UserId | None, Field(description="Of a health policy: the member who was treated")] = None
    assigned_to: UserId | None = None


class ClaimChange(Schema):
    """The fields of a claim to change; type, amount and dates only before it is decided."""

    moves = frozenset({"clocks", "clockState", "clockDueAt"})
    passed_over = moves | SHOWN | {
        "claimNumber", "claimId", "status", "statusLabel", "screenStatus", "policyId", "policyNumber", "customerId",
        "customerName", "caseId", "approvedAmount", "rejectedAmount", "rejectionReason", "settlementAmount", "settlementDate",
        "settlementReference", "reserveAmount", "assignedTo", "assignedAdjuster", "starred", "reportedDate", "dateReported",
        "reportedAt", "decidedAt", "closedAt", "approvalPending", "approvals", "documents", "missingDocuments",
        "allowedStatuses", "source",
    }  # fmt: skip

    type: Type = "vehicle"
    category: Word | None = None
    title: Short | None = None
    description: Text = "-"
    claim_amount: Amount = Decimal(0)
    incident_date: IncidentDate = date.min
    priority: Priority = "medium"
    is_cashless: bool = False
    is_investigated: bool = False
    claimant: ClaimantIn | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, data: object) -> object:
        """Answers have both spellings of the date, so that forms may send both: the tables' own counts."""
        if isinstance(data, dict) and "incidentDate" in data:
            return {name: value for name, value in data.items() if name != "dateOfIncident"}
        return data


class StatusIn(Schema):
    """A step of the workflow: review, approve, reject, settle, withdraw, appeal (back to under_review)."""

    status: Annotated[Literal["under_review", "approved", "rejected", "settled", "withdrawn"], AS_CODE]
    approved_amount: Annotated[Amount | None, Field(description="Approval: INR; the whole claim when left out")] = None
    reason: Annotated[
        Text | None,
        Field(
            description="Needed to reject, to withdraw and to appeal",
            validation_alias=AliasChoices("reason", "rejectionReason"),
        ),
    ] = None
    settlement_amount: Annotated[Amount | None, Field(description="Settlement: what was paid; the approved amount")] = (
        None
    )
    settlement_date: date | None = None
    settlement_reference: Word | None = None
    comment: Text | None = None


class DecisionIn(Schema):
    """The second person's word on a decision that waits for one."""

    outcome: Annotated[Literal["granted", "refused"], AS_CODE]
    comment: Text | None = None


class StarIn(Schema):
    """Whether the claim is starred; left out, the star is turned over."""

    starred: bool | None = None


class AssignIn(Schema):
    """Who handles the claim; null takes it from its handler."""

    assigned_to: Annotated[
        UserId | None, Field(validation_alias=AliasChoices("assignedTo", "userId", "agentId", "assigned_to"))
    ]


class ReserveIn(Schema):
    """What is kept apart for the claim, and why it changed."""

    amount: Amount
    reason: Text


class EventIn(Schema):
    """A step of the assessment, as the timeline has it."""

    event: Annotated[
        Literal[
            "initial_assessment", "documentation_received", "pre_authorization", "discharge_requested", "discharge_authorized",
            "site_inspection", "medical_review", "police_verification", "note",
        ],
        AS_CODE,
    ]  # fmt: skip
    details: Text | None = None
    level: Literal["info", "success", "warning", "error"] = "info"


class DocumentIn(Schema):
    """A document that came in, or that is asked for beside the checklist."""

    kind: Annotated[
        str,
        StringConstraints(min_length=1, max_length=50),
        AS_CODE,
        Field(validation_alias=AliasChoices("kind", "type")),
    ]
    name: Short | None = None
    status: Annotated[Literal["missing", "received"], AS_CODE] = "received"
    note: Text | None = None


class DocumentChange(Schema):
    """What the handler found about a document."""

    status: Annotated[Literal["missing", "received", "verified", "rejected", "waived"], AS_CODE]
    note: Text | None = None


class LinkIn(Schema):
    """Whose link: the policy by number or key, or the renewal case; `send` also writes it to the customer."""

    policy_number: Word | None = None
    policy_id: int | str | None = None
    case_id: int | str | None = None
    send: bool = False
