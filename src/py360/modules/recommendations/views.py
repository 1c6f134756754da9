"""What the API answers of recommendations."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class ReasonView(TypedDict):
    """Why a case is likelier (`raises`) or less likely (`lowers`) to lapse than the average one."""

    code: str
    text: str
    effect: str


class PredictionView(TypedDict):
    """An open case on the call list; amounts in INR, chances from 0 to 1."""

    caseId: str
    policyNumber: str
    customerId: str
    customerName: str
    agent: str
    status: str
    renewalDate: date
    renewalAmount: float
    renewalProbability: float
    expectedLoss: float
    reasons: list[ReasonView]
    heldOut: bool
    scoredAt: datetime


class CallList(TypedDict):
    """A page of the call list."""

    predictions: list[PredictionView]
    pagination: Pagination


class BandView(TypedDict):
    """A band of predictions or a group of customers: predicted and actual lapses, and how well they are distinguished."""

    name: str
    cases: int
    predicted: float
    lapsed: float
    auc: float | None


class CardView(TypedDict):
    """What a model was trained on, how well it predicts, and for whom; every figure is cross-validated."""

    trainedAt: datetime
    source: str
    dataSha256: str
    cases: int
    lapsed: float
    folds: int
    auc: float
    brier: float
    brierOfAverage: float
    topDecileLift: float
    calibration: list[BandView]
    byAge: list[BandView]
    byRegion: list[BandView]
    features: dict[str, float]


class ModelView(TypedDict):
    """The model in use; null before the first training."""

    modelId: int | None
    card: CardView | None
    message: str


class GroupView(TypedDict):
    """Cases that ended, of one of two groups that are compared; amounts in INR."""

    cases: int
    renewed: int
    renewalRate: float | None
    renewedAmount: float


class IntervalView(TypedDict):
    """A difference with its 95 % interval."""

    value: float
    low: float
    high: float


class UpliftView(TypedDict):
    """What the call list achieved against the cases held out. Null while there are too few to compare."""

    called: GroupView
    heldOut: GroupView
    renewalUplift: IntervalView | None
    amountUplift: IntervalView | None
    message: str


class SuggestionView(TypedDict):
    """A policy that suits a customer; amounts in INR."""

    id: int
    type: str
    priority: str
    reason: str
    suggestedCoverage: Amount
    estimatedPremium: Amount


class InsightView(TypedDict):
    """What stands out of a customer's history (domain reference, 9.2)."""

    claimLikelihood: str
    customerProfile: str
    observations: list[str]


class RecommendedView(TypedDict):
    """What is recommended to a customer, and why. Nothing to one who is held out, to measure what recommendations achieve."""

    customerId: str
    recommendations: list[SuggestionView]
    heldOut: bool
    insight: InsightView
    generatedAt: datetime
    source: str


class FactorView(TypedDict):
    """What takes points off the score."""

    name: str
    points: int
    reason: str


class EarlierRiskView(TypedDict):
    """What an earlier assessment came to."""

    category: str
    score: int
    assessedAt: datetime


class RiskView(TypedDict):
    """How risky a customer's life is: 0 to 100, 70 and more is safe, below 40 high; beside it the assessment before."""

    customerId: str | None
    category: str
    score: int
    factors: list[FactorView]
    previous: EarlierRiskView | None


class KeptRiskView(TypedDict):
    """A customer's risk, as it was assessed last."""

    customerId: str
    customerName: str
    category: str
    score: int
    factors: list[FactorView]
    assessedAt: datetime


class RiskList(TypedDict):
    """A page of risks."""

    risks: list[KeptRiskView]
    pagination: Pagination


class ShownView(SuggestionView):
    """A recommendation that was shown, and what became of it."""

    customerId: str
    customerName: str
    rule: str
    source: str
    status: str
    timesShown: int
    note: str | None
    answeredAt: datetime | None
    createdAt: datetime


class ShownList(TypedDict):
    """A page of recommendations."""

    recommendations: list[ShownView]
    pagination: Pagination


class RuleView(TypedDict):
    """How well a rule's recommendations do; rates from 0 to 1."""

    rule: str
    source: str
    shown: int
    accepted: int
    declined: int
    converted: int
    acceptanceRate: float
    conversionRate: float
    convertedPremium: Amount


class ModelEffectView(TypedDict):
    """What a model predicted for cases that have ended, and what became of them; rates from 0 to 1."""

    modelId: int
    trainedAt: datetime
    inUse: bool
    cases: int
    lapsed: int
    lapseRate: float
    predictedLapseRate: float
    brier: float
    auc: float | None


class BuyersView(TypedDict):
    """Customers of one of two groups that are compared: how many bought what was recommended, and its premium in INR."""

    customers: int
    bought: int
    conversionRate: float | None
    premium: float


class ComparedView(TypedDict):
    """Customers who were shown recommendations and those held out, of a rule or (null) of all. Null while there are too few to say."""

    rule: str | None
    shown: BuyersView
    heldOut: BuyersView
    conversionUplift: IntervalView | None
    premiumUplift: IntervalView | None


class ComparedRenewals(TypedDict):
    """The renewals of the same customers: the first case of each that ended afterwards."""

    shown: GroupView
    heldOut: GroupView
    renewalUplift: IntervalView | None
    amountUplift: IntervalView | None


class AchievedView(TypedDict):
    """What recommendations achieved, in purchases and in renewals."""

    total: ComparedView
    rules: list[ComparedView]
    renewals: ComparedRenewals
    message: str


class Effectiveness(TypedDict):
    """How well recommendations do, by rule, and predictions, by model; and what recommendations achieved."""

    rules: list[RuleView]
    models: list[ModelEffectView]
    uplift: AchievedView
