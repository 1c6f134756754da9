"""What the API answers of recommendations."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination


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
    """A band of predictions or a group of customers: predicted and actual lapses, and how well they are told apart."""

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
    """Cases that ended: on the call list, or held out."""

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
