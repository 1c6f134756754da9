"""What the API answers of the whole picture. Amounts in INR."""

from datetime import date, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject
from py360.kit.wire import Amount


class IncomeView(TypedDict):
    """What the customer earns in a year."""

    amount: Amount
    currency: str
    dateCaptured: date | None
    source: str | None
    lastUpdated: datetime | None


class CapacityView(TypedDict):
    """How many policies the customer may hold and holds; coverage capacity is ten yearly incomes."""

    maxRecommended: int | None
    currentlyHeld: int
    utilizationPercentage: float | None
    availableCapacity: int | None
    recommendedNextPolicy: str | None
    maxCoverage: Amount | None
    utilizedCoverage: Amount


class ProfileView(TypedDict):
    """The inputs of a profile; null or empty where nothing was stated. `completeness`: per cent of the ten blocks."""

    customerId: str
    customerName: str
    annualIncome: IncomeView | None
    demographics: JsonObject | None
    location: JsonObject | None
    residence: JsonObject | None
    vehicles: list[JsonObject]
    riskProfile: JsonObject | None
    policyPreferences: JsonObject | None
    familyHistory: JsonObject | None
    otherPolicies: list[JsonObject]
    policyCapacity: CapacityView
    completeness: int
    lastUpdated: datetime | None


class ProfileSaved(TypedDict):
    """A profile was saved."""

    customerId: str
    version: int
    message: str


class EventView(TypedDict):
    """Something that happened. Types: policy_created, renewal, modification, claim, payment, communication, document."""

    id: str
    date: datetime
    type: str
    title: str
    description: str
    details: JsonObject


class PolicyTimelineView(TypedDict):
    """A policy with its events, newest first. `policyAge`: whole years."""

    policyId: int
    policyNumber: str
    policyType: str
    currentPremium: Amount
    annualPremium: Amount
    startDate: date
    policyAge: int
    status: str
    events: list[EventView]
    nextCursor: NotRequired[str | None]


class InsightView(TypedDict):
    """What the events say by simple rules (domain reference, 9.2)."""

    claimLikelihood: str
    customerProfile: str
    observations: list[str]


class TimelineView(TypedDict):
    """What happened to a customer, under the policies it is about; `otherEvents` belong to none."""

    customerId: str
    customerName: str
    customerProfile: str
    policies: list[PolicyTimelineView]
    otherEvents: list[EventView]
    insight: InsightView
    nextCursor: str | None


class ClaimBriefView(TypedDict):
    """A claim of a member."""

    date: date
    amount: Amount
    description: str | None
    status: str


class MemberView(TypedDict):
    """A person insured under a health policy."""

    id: int
    name: str
    relationship: str
    age: int | None
    dateOfBirth: date | None
    gender: str | None
    sumInsured: Amount | None
    premiumContribution: Amount | None
    medicalHistory: list[str]
    lastClaimDate: date | None
    lastClaimAmount: Amount | None
    claimHistory: list[ClaimBriefView]


class FamilyView(TypedDict):
    """The family of a policy in figures."""

    members: int
    annualPremium: Amount
    totalClaims: int
    recentClaimsValue: Amount


class PersonView(TypedDict):
    """A person of a policy; the age is today's where the date of birth is known."""

    name: str
    relationship: str | None
    age: int | None
    dateOfBirth: date | None
    gender: str | None
    occupation: str | None


class ProposerView(PersonView):
    """Who applied for a policy and pays it."""

    annualIncome: Amount | None


class LifeAssuredView(PersonView):
    """Whose life or property is insured. `nomineeDetails`: "Name (Relation)"."""

    sumAssured: Amount | None
    nomineeDetails: str | None


class MembersView(TypedDict):
    """The members of a policy."""

    policyId: int
    policyNumber: str
    members: list[MemberView]
    summary: FamilyView


class MembersSaved(TypedDict):
    """The members of a policy were set."""

    policyId: int
    version: int
    members: int
    message: str


class UpcomingPaymentView(TypedDict):
    """An amount that falls due on an open renewal; daysLeft is below zero when it is overdue."""

    amount: Amount
    dueDate: date
    policy: str
    daysLeft: int


class YearStatisticsView(TypedDict):
    """The payments of the last twelve months."""

    payments: int
    onTime: int
    onTimePercentage: float | None
    totalPaid: Amount


class BehaviourView(TypedDict):
    """How the customer pays: mean days before the due date (after it: below zero), by what, and how reliably."""

    averageTimingDays: float | None
    preferredMethod: str | None
    reliability: str | None


class PaymentView(TypedDict):
    """A payment that came in."""

    amount: Amount
    date: datetime
    policy: str
    mode: str


class PremiumYearView(TypedDict):
    """What was paid in a calendar year of India: `count` payments, of which the newest 100 are listed."""

    year: int
    total: Amount
    count: int
    payments: list[PaymentView]


class PaymentSummaryView(TypedDict):
    """All payments of the ten years."""

    totalPaid: Amount
    onTimePercentage: float | None
    paymentCount: int
    mostUsedMode: str | None


class ProfilingView(TypedDict):
    """The customer in figures."""

    onTimePercentage: float | None
    customerSince: date | None
    rating: str | None
    paidThisYear: Amount
    activePolicies: int
    familyPolicies: int
    lapsedPolicies: int


class KindView(TypedDict):
    """How often the customer turned to the office about something, and when last."""

    count: int
    lastContact: datetime | None


class CommunicationsView(TypedDict):
    """How often the customer was written to, by channel, and how often they answered; and what they turned to the office about."""

    byChannel: dict[str, int]
    total: int
    answered: int
    lastContact: datetime | None
    inquiries: KindView
    billing: KindView
    coverage: KindView
    complaints: KindView


class ClaimLineView(TypedDict):
    """A claim of the customer."""

    claimNumber: str
    type: str
    status: str
    amount: Amount
    date: date


class ClaimsView(TypedDict):
    """The claims of the customer and their rating."""

    count: int
    totalAmount: Amount
    claims: list[ClaimLineView]
    rating: str


class InsightsView(TypedDict):
    """Payments, behaviour, communications and claims of a customer (domain reference, section 4)."""

    customerId: str
    customerName: str
    upcomingPayments: list[UpcomingPaymentView]
    lastTwelveMonths: YearStatisticsView
    behaviour: BehaviourView
    recentActivity: list[EventView]
    premiumHistory: list[PremiumYearView]
    summary: PaymentSummaryView
    profiling: ProfilingView
    communications: CommunicationsView
    claims: ClaimsView
