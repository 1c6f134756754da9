"""The sections, their keys, defaults and ranges (domain reference, section 28; DNC: section 15; social: section 26).

docs/settings.md says what reads each of them; a test (tests/house) compares it with this page. What the law asks for cannot be
switched off (`Lawful`).

Secrets are sealed when they are stored and never shown again. Keys of providers live with the providers (A 29), the
general tab belongs to each user (`/api/user/settings`).
"""

from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from py360.kit.wire import Schema


class _Secret:
    """Marks a field whose value is sealed at rest and masked by the API."""


SECRET: Final = _Secret()
Secret = Annotated[str, StringConstraints(max_length=4000), SECRET]  # sealed it is longer than it was
Text = Annotated[str, StringConstraints(max_length=2000)]
Short = Annotated[str, StringConstraints(max_length=200)]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^(https?://\S+)?$")]


class _Called:
    """Marks an address that the server calls: a public one (`kit.egress`)."""


CALLED: Final = _Called()


def _lawful(value: bool) -> bool:
    if not value:
        raise ValueError("cannot be switched off: it keeps the office within the law")
    return value


_ALWAYS_ON: Final = AfterValidator(_lawful)
Lawful = Annotated[bool, _ALWAYS_ON]
# What a form says of settings that this console does not read, and of those of a part to come (docs/settings.md).
SCREENS: Final = Field(description="Read by screens of your own; this console does not use it")
LATER: Final = Field(description="Of a part that is still to come; it changes nothing yet")
# In India unless a time zone is beside it.
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


Hours = Annotated[int, Field(ge=1, le=720, description="Hours that such a mail may take")]


class Section(Schema):
    """A group of settings. `readers` may look at it besides holders of `settings`; only these change it."""

    model_config = ConfigDict(validate_default=True, extra="ignore")
    readers: ClassVar[tuple[str, ...]] = ()
    feature: ClassVar[str] = ""  # needed besides to change it


class Renewals(Section):
    """How cases are worked."""

    readers = ("cases", "closed-cases", "dashboard")

    auto_refresh: Annotated[bool, SCREENS] = True
    show_edit_case_button: Annotated[bool, SCREENS] = True
    renewal_period: Annotated[int, Field(ge=15, le=90, multiple_of=5, description="Days before the due date")] = 30
    auto_assign_cases: bool = Field(
        False, description="Cases without an agent, or of an absent one, go to those who have room"
    )
    calling_enabled: bool = Field(False, description="Customers may be called from a case")
    calling_provider: Annotated[
        Literal["ubona", "exotel", "twilio-voice", "twilio", "nexmo", "kaleyra", "plivo", "custom"], LATER
    ] = "ubona"
    default_call_duration: Annotated[int, Field(ge=1, le=120, description=f"Minutes. {LATER.description}")] = 30
    max_concurrent_calls: Annotated[int, Field(ge=1, le=100)] = 10
    record_calls: Annotated[bool, LATER] = False
    call_analytics: Annotated[bool, LATER] = False
    call_list_hold_out: Annotated[
        int, Field(ge=0, le=50, description="Percent of cases, to measure what calls achieve")
    ] = 0
    recommendation_hold_out: Annotated[
        int, Field(ge=0, le=50, description="Percent of customers, to measure what recommendations achieve")
    ] = 0
    quick_messaging_enabled: bool = Field(True, description="Messages may be written from a case")
    renewal_reminder_message: Annotated[Text, SCREENS] = (
        "Dear {{customerName}}, your {{policyType}} policy {{policyNumber}} is due for renewal on {{renewalDate}}."
    )
    claim_status_message: Text = Field(
        "Dear {{customerName}}, your claim {{claimNumber}} is now: {{status}}.",
        description="First sentence of a notice to the claimant",
    )
    payment_confirmation_message: Annotated[Text, SCREENS] = (
        "Dear {{customerName}}, we received {{amount}} for policy {{policyNumber}}. Receipt: {{receiptNumber}}."
    )
    daily_message_limit: Annotated[int, Field(ge=1, le=10_000, description="Within 24 hours")] = 1000
    message_rate_limit: Annotated[int, Field(ge=1, le=1000, description="Per minute")] = 60
    enable_message_delivery_reports: Annotated[bool, SCREENS] = True
    enable_message_analytics: Annotated[bool, SCREENS] = True


class Email(Section):
    """The mailbox."""

    readers = ("emails", "email-dashboard", "renewal-email-manager")

    polling_interval: Literal[1, 5, 10, 15, 30] = Field(5, description="Minutes between two looks into a mailbox")
    auto_tagging: bool = Field(True, description="Mails get a category as they come in")
    fallback_tagging: bool = Field(
        True, description="What fits no category surely stays uncategorised; off: it gets the likeliest"
    )
    webhook_enabled: bool = False
    webhook_url: Annotated[Url, CALLED] = Field(
        "", description="Each new mail is reported there, signed; see Inbox, Mailboxes, Webhook"
    )
    emails_per_page: Literal[10, 25, 50, 100] = 25
    email_auto_refresh: bool = Field(
        False, description="New mails appear in an open list by themselves; otherwise a line offers to show them"
    )
    mark_as_read_on_open: bool = Field(True, description="Opening a mail marks it as read")
    ai_intent_classification: bool = Field(True, description="What a mail asks for is recognised as it comes in")
    classify_with: Literal["built_in", "language_model"] = Field(
        "built_in",
        description="language_model: the assistant's model is asked, too; without an answer the built-in one counts",
    )
    sentiment_analysis: bool = Field(True, description="The mood of each mail is judged as it comes in")
    real_time_collaboration: bool = Field(True, description="Colleagues see who else has a mail open")
    mail_merge_enabled: bool = Field(False, description="Recipients of a bulk mail may get a letter of their own")
    auto_generate_documents: Annotated[bool, SCREENS] = False
    attach_to_email: bool = True
    document_storage_path: Annotated[Short, SCREENS] = "/documents/templates"
    output_directory: Annotated[Short, SCREENS] = "/documents/generated"
    sla_complaint_hours: Hours = 4
    sla_feedback_hours: Hours = 24
    sla_refund_hours: Hours = 24
    sla_appointment_hours: Hours = 24
    sla_other_hours: Hours = 24
    sla_in_working_hours: bool = Field(False, description="Only the hours below count")
    working_from: TimeOfDay = "09:00"
    working_to: TimeOfDay = "18:00"
    working_days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7)] = Field(
        (1, 2, 3, 4, 5, 6), description="1 is Monday"
    )
    auto_escalate: bool = Field(True, description="Angry and urgent mails are escalated as they come in")
    auto_acknowledge: bool = Field(
        False, description="Customers' first mails are answered at once: they arrived, and by when they are answered"
    )

    @model_validator(mode="after")
    def _working_day(self) -> Self:
        if self.working_from >= self.working_to:
            raise ValueError("workingFrom must be before workingTo")
        return self


class Campaigns(Section):
    """What leaves the office, when and how often. Times are India's; caps are per person, channel and day, 0 means none.

    The limits of an hour are for campaigns, all those of a channel together; without one only the account's hold.
    """

    readers = ("campaigns", "templates", "upload")

    consent_required: Lawful = True
    dnd_compliance: Lawful = True
    opt_in_required: bool = Field(
        True, description="Promotion needs a recorded consent; off: it is enough that nobody opted out"
    )
    promotional_from: TimeOfDay = Field(
        "10:00", description="Promotional messages leave from this hour, by the clock in India"
    )  # TRAI's window for promotional messages
    promotional_to: TimeOfDay = "21:00"
    service_from: TimeOfDay | None = Field(None, description="Empty: service messages leave at any hour")
    service_to: TimeOfDay | None = None
    promotional_cap_per_day: Annotated[
        int, Field(ge=0, le=100, description="Promotional messages to one person on one channel; 0 is no limit")
    ] = 3
    service_cap_per_day: Annotated[
        int, Field(ge=0, le=100, description="Service messages to one person on one channel; 0 is no limit")
    ] = 0
    data_retention_days: Annotated[int, Field(ge=30, le=2555)] = 365
    email_rate_limit: Annotated[int, Field(ge=100, le=10_000, description="Per hour")] | None = None
    sms_rate_limit: Annotated[int, Field(ge=50, le=1000, description="Per hour")] | None = None
    whatsapp_rate_limit: Annotated[int, Field(ge=20, le=500, description="Per hour")] | None = None
    batch_size: Annotated[int, Field(ge=10, le=1000, description="At most")] = 400
    retry_attempts: Annotated[int, Field(ge=1, le=5, description="After the first")] = 3
    template_approval_required: bool = Field(False, description="A new text is used once somebody has activated it")
    dlt_template_required: bool = Field(
        True, description="SMS accounts with a registered entity send registered texts only"
    )
    auto_save_templates: Annotated[bool, SCREENS] = True
    tracking_enabled: bool = Field(True, description="Openings and clicks are counted")
    webhook_url: Annotated[Url, LATER] = ""
    reporting_interval: Annotated[Literal["realtime", "hourly", "daily", "weekly"], SCREENS] = "daily"
    export_format: Annotated[Literal["csv", "xlsx", "pdf", "json"], SCREENS] = "csv"

    @model_validator(mode="after")
    def _windows(self) -> Self:
        if self.promotional_from >= self.promotional_to:
            raise ValueError("promotionalFrom must be before promotionalTo")
        if (self.service_from is None) != (self.service_to is None):
            raise ValueError("serviceFrom and serviceTo go together")
        if self.service_from and self.service_to and self.service_from >= self.service_to:
            raise ValueError("serviceFrom must be before serviceTo")
        return self


class BusinessHours(Schema):
    """When people answer chats."""

    enabled: bool = False
    start: TimeOfDay = "09:00"
    end: TimeOfDay = "18:00"
    timezone: Literal["Asia/Kolkata", "America/New_York", "Europe/London", "Asia/Dubai", "Asia/Singapore"] = (
        "Asia/Kolkata"
    )


class WhatsappFlow(Section):
    """Conversations on WhatsApp."""

    readers = ("whatsapp-flow", "renewal-whatsapp-manager")

    business_api_enabled: Annotated[bool, LATER] = True
    message_templates_enabled: Annotated[bool, LATER] = True
    flow_builder_enabled: Annotated[bool, LATER] = True
    analytics_enabled: Annotated[bool, LATER] = True
    auto_response_enabled: Annotated[bool, LATER] = True
    phone_number_id: Annotated[Short, LATER] = ""
    access_token: Annotated[Secret, LATER] = ""
    webhook_url: Annotated[Url, LATER] = ""
    verify_token: Annotated[Secret, LATER] = ""
    business_hours: BusinessHours = BusinessHours()
    fallback_message: Annotated[Text, LATER] = "Thank you for your message. We will answer as soon as we can."
    max_retries: Annotated[int, Field(ge=1, le=10), LATER] = 3
    retry_delay: Annotated[int, Field(ge=30, le=3600, description=f"Seconds. {LATER.description}")] = 300
    rate_limit_per_minute: Annotated[int, Field(ge=1, le=100), LATER] = 60
    rate_limit_per_hour: Annotated[int, Field(ge=10, le=10_000), LATER] = 1000


class Dnc(Section):
    """The do-not-contact registry."""

    enabled: Lawful = True
    auto_check: Lawful = True
    block_on_dnc: Lawful = Field(True, alias="blockOnDNC")
    allow_overrides: bool = Field(True, description="A registered contact may be released with a reason")
    override_requires_approval: bool = Field(True, description="A release counts once a second person has approved it")
    government_dnc_sync: Annotated[bool, LATER] = Field(True, alias="governmentDNCSync")
    government_registry_url: Annotated[Url, LATER] = ""
    sync_frequency: Annotated[Literal["hourly", "daily", "weekly", "monthly"], LATER] = "daily"
    notify_on_block: bool = Field(
        True, description="The notification of a finished campaign says how many the registry kept out"
    )
    log_all_attempts: Lawful = True
    compliance_reporting: bool = Field(True, description="Reports of compliance can be made")
    override_expiry_hours: Annotated[
        int, Field(ge=1, le=720, description="Hours after which a temporary release ends")
    ] = 24
    bulk_operations_enabled: bool = Field(True, description="Whole lists may be checked and uploaded")
    client_wise_registry: Lawful = True


class Integrations(Section):
    """Social accounts of customers."""

    feature = "settings:integrations"

    enable_social_verification: Annotated[bool, LATER] = True
    verification_methods: Annotated[
        tuple[Literal["phone", "email", "social"], ...], Field(min_length=1, max_length=3)
    ] = Field(("phone", "email", "social"), description=LATER.description)
    auto_connect_on_verification: Annotated[bool, LATER] = False
    save_customer_social_data: Annotated[bool, LATER] = True
    data_retention_days: Annotated[Literal[90, 180, 365, 730, 1095], LATER] = 365


class Payments(Section):
    """Money: who approves what, how late instalments are followed up, and what is on receipts."""

    readers = ("cases", "billing")

    receipt_approval_above: Annotated[Decimal, Field(ge=0, le=10_000_000, max_digits=10, decimal_places=2)] = Field(
        Decimal(200_000), description="INR: a receipt by hand above this counts once a second person has approved it"
    )
    refund_approval_above: Annotated[Decimal, Field(ge=0, le=10_000_000, max_digits=10, decimal_places=2)] = Field(
        Decimal(0), description="INR: a refund above this leaves once a second person has approved it"
    )
    dunning_enabled: bool = Field(True, description="Remind customers of instalments before and after they are due")
    remind_days_before: Annotated[int, Field(ge=0, le=30, description="0: not before the due date")] = 3
    debit_notice_days: Annotated[
        int,
        Field(ge=1, le=10, description="Days before an instalment is due when its debit under a mandate is announced"),
    ] = 3
    debit_retries: Annotated[int, Field(ge=0, le=3, description="How often a debit that failed is tried again")] = 2
    debit_retry_days: Annotated[int, Field(ge=2, le=10, description="Days between two tries of a debit")] = 2
    settlement_days: Annotated[int, Field(ge=1, le=30, description="Days in which a gateway settles")] = 4
    gst_number: Annotated[str, StringConstraints(pattern=r"^([0-9]{2}[A-Z0-9]{13})?$")] = Field(
        "", description="GSTIN on receipts"
    )
    gst_percent: Annotated[Decimal, Field(ge=0, le=40, max_digits=4, decimal_places=2)] = Field(
        Decimal(18), description="In premiums of motor, travel, home and business policies"
    )
    gst_percent_life_health: Annotated[Decimal, Field(ge=0, le=40, max_digits=4, decimal_places=2)] = Field(
        Decimal(0), description="In premiums of individual life and health policies"
    )


class Claims(Section):
    """Who may decide how much, and how fast: an office may be faster than IRDAI's periods, never slower. Amounts in INR."""

    readers = ("claims",)

    approval_limit: Annotated[int, Field(ge=0, le=10**9, description="One handler decides up to this")] = 100_000
    senior_approval_limit: Annotated[
        int, Field(ge=0, le=10**9, description="One holder of claims:approval decides up to this; above, two people do")
    ] = 1_000_000
    review_health_rejections: Lawful = True
    cashless_authorization_minutes: Annotated[int, Field(ge=5, le=60)] = 60
    cashless_discharge_minutes: Annotated[int, Field(ge=5, le=180)] = 180
    health_settlement_days: Annotated[int, Field(ge=1, le=15)] = 15
    death_settlement_days: Annotated[int, Field(ge=1, le=15)] = 15
    death_investigation_days: Annotated[int, Field(ge=1, le=45)] = 45
    general_settlement_days: Annotated[int, Field(ge=1, le=30)] = 30
    warn_at_percent: Annotated[int, Field(ge=10, le=95, description="Of a period, when its handler is notified")] = 75
    claim_link_days: Annotated[int, Field(ge=1, le=90, description="How long a customer's claim link works")] = 30
    notify_claimants: bool = Field(True, description="Claimants are written to when their claim goes on")

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.approval_limit > self.senior_approval_limit:
            raise ValueError("approvalLimit must not be above seniorApprovalLimit")
        return self


class Feedback(Section):
    """What customers say."""

    readers = ("feedback", "survey-designer")

    feedback_language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$"), LATER] = "en-US"
    feedback_retention: Literal[12, 24, 36, 60] = Field(24, description=f"Months. {LATER.description}")
    auto_archive_feedback: Annotated[bool, LATER] = True
    email_notifications: Annotated[bool, LATER] = True
    sms_alerts: Annotated[bool, LATER] = False
    weekly_reports: Annotated[bool, LATER] = True
    real_time_alerts: Annotated[bool, LATER] = False
    auto_post_purchase_survey: Annotated[bool, LATER] = False
    survey_reminders: Annotated[bool, LATER] = True
    smart_routing: Annotated[bool, LATER] = False


class System(Section):
    """The installation; the assistant's model has settings of its own (`/api/ai/settings`)."""

    data_retention_period: Literal[6, 12, 24, 36] = Field(12, description=f"Months. {LATER.description}")
    auto_backup: Annotated[bool, LATER] = True


SECTIONS: Final[dict[str, type[Section]]] = {
    "renewals": Renewals,
    "email": Email,
    "campaigns": Campaigns,
    "whatsapp-flow": WhatsappFlow,
    "dnc": Dnc,
    "integrations": Integrations,
    "payments": Payments,
    "claims": Claims,
    "feedback": Feedback,
    "system": System,
}
NAMES: Final = {section: name for name, section in SECTIONS.items()}

# Tabs that are kept elsewhere: where to look instead.
ELSEWHERE: Final = {
    "general": "/api/user/settings",
    "providers": "/api/providers",
    "users": "/api/users",
    "whatsapp": "/api/settings/whatsapp-flow",
}


def called_of(section: type[Section]) -> frozenset[str]:
    """The API's names of a section's addresses that the server calls."""
    return frozenset(field.alias or name for name, field in section.model_fields.items() if CALLED in field.metadata)


def lawful_of(section: type[Section]) -> frozenset[str]:
    """The API's names of what cannot be switched off."""
    return frozenset(
        field.alias or name for name, field in section.model_fields.items() if _ALWAYS_ON in field.metadata
    )


def secrets_of(section: type[Section]) -> frozenset[str]:
    """The API's names of a section's secret fields."""
    return frozenset(field.alias or name for name, field in section.model_fields.items() if SECRET in field.metadata)
