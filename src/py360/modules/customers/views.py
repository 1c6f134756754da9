"""What the API answers of customers."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject
from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class ContactVerificationView(TypedDict):
    """Whether a contact is verified."""

    verified: bool
    verifiedAt: datetime | None


class VerificationsView(TypedDict):
    """Which contacts of a customer are verified."""

    email: ContactVerificationView
    phone: ContactVerificationView
    pan: ContactVerificationView


class CustomerView(TypedDict):
    """A customer."""

    id: str
    customerId: int
    clientId: int
    name: str
    firstName: str
    lastName: str
    email: str | None
    phone: str | None
    dateOfBirth: date | None
    gender: str | None
    pan: str | None
    address: JsonObject | None
    customerProfile: str
    preferredLanguage: str
    kycStatus: str
    communicationPreferences: JsonObject | None
    verification: VerificationsView
    createdAt: datetime
    updatedAt: datetime


class CustomerPageView(CustomerView):
    """A customer with the documents that prove who they are (`/kyc` changes them)."""

    kycDocuments: list[JsonObject]


class CustomerList(TypedDict):
    """A page of the customers."""

    customers: list[CustomerView]
    pagination: Pagination


class CustomerAdded(TypedDict):
    """A customer was added."""

    id: str
    customerId: int
    message: str


class CustomerSaved(TypedDict):
    """A customer was saved; `changes` says what, in words."""

    id: str
    changes: list[str]
    message: str


class PolicyView(TypedDict):
    """A policy; amounts in INR."""

    id: int
    clientId: int
    policyNumber: str
    customerId: str
    customerName: str
    policyType: str
    policyTypeId: int | None
    productName: str | None
    productCategory: str | None
    premium: Amount
    premiumAmount: Amount
    sumInsured: Amount | None
    startDate: date
    endDate: date
    expiryDate: date
    renewalDate: date | None
    paymentFrequency: str | None
    status: str
    gracePeriodDays: int
    agentId: int | None
    branchId: int | None
    coverageDetails: JsonObject
    autoRenewal: bool
    proposer: JsonObject | None
    lifeAssured: JsonObject | None
    channelDetails: JsonObject | None
    version: int
    createdAt: datetime
    updatedAt: datetime


class PolicyList(TypedDict):
    """A page of policies."""

    policies: list[PolicyView]
    pagination: Pagination


class PreferencesView(TypedDict):
    """A customer's preferences."""

    communication: JsonObject | None
    renewalTimeline: JsonObject | None
    payment: JsonObject | None
    language: JsonObject | None  # preferred, alternatives, documentLanguage
    preferredLanguage: str


class PreferencesSaved(TypedDict):
    """The preferences were saved."""

    id: str
    message: str


class PolicyAdded(TypedDict):
    """A policy was added."""

    id: int
    policyNumber: str
    message: str


class PolicySaved(TypedDict):
    """A policy was saved; `changes` says what, in words."""

    id: int
    changes: list[str]
    message: str


class PolicyTypeView(TypedDict):
    """A policy type."""

    id: int
    name: str
    description: str | None
    basePremium: Amount | None
    coverageDetails: JsonObject | None


class PolicyTypeList(TypedDict):
    """The policy types."""

    policyTypes: list[PolicyTypeView]
