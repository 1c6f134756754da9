"""The vendors of section 14 (domain reference): what their accounts are set up with, and which of them can be used today."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, SecretStr, ValidationError

from py360.kit.errors import Invalid
from py360.modules.providers import vendor_settings as vendors
from py360.modules.providers.errors import VendorNotAvailable
from py360.modules.providers.vendor_settings import VendorSettings
from py360.modules.providers.views import ProviderTypeView

MASK: Final = "********"
MAILBOX: Final = "mailbox"  # its accounts are kept under /email-accounts, by the module inbox
SettingsModel = type[VendorSettings]


@dataclass(frozen=True, slots=True)
class ProviderType:
    """A vendor on a channel, with the limits a new account starts with (per day, month, minute).

    Without `settings` it is not supported yet: it is listed as not available, and no account of it can be saved.
    """

    channel: str
    type: str
    name: str
    settings: SettingsModel | None = None
    limits: tuple[int, int, int] = (1_000, 10_000, 10)
    has_webhooks: bool = False

    @property
    def is_available(self) -> bool:
        """Whether accounts of it can be used."""
        return self.settings is not None

    @property
    def form(self) -> tuple[vendors.Setting, ...]:
        """The fields of its form."""
        return tuple(self.settings.form()) if self.settings else ()

    def to_public(self) -> ProviderTypeView:
        """The vendor of the wire, with the settings it needs."""
        day, month, minute = self.limits
        return {
            "channel": self.channel,
            "type": self.type,
            "name": self.name,
            "available": self.is_available,
            "fields": [
                {
                    "name": each.name,
                    "required": each.required,
                    "secret": each.secret,
                    "description": each.description or None,
                }
                for each in self.form
            ],
            "limits": {"dailyLimit": day, "monthlyLimit": month, "rateLimit": minute},
        }


TYPES: Final = (
    ProviderType("email", "smtp", "SMTP server", vendors.SmtpSettings),
    ProviderType("email", "sendgrid", "SendGrid", vendors.SendGridSettings, (10_000, 100_000, 100)),
    ProviderType("email", "mailgun", "Mailgun", vendors.MailgunSettings, has_webhooks=True),
    ProviderType("email", "aws-ses", "Amazon SES"),
    ProviderType("sms", "twilio", "Twilio", vendors.TwilioSettings, has_webhooks=True),
    ProviderType("sms", "msg91", "MSG91"),
    ProviderType("sms", "aws-sns", "Amazon SNS"),
    ProviderType("sms", "textlocal", "Textlocal"),
    ProviderType(
        "whatsapp", "meta", "Meta WhatsApp Cloud API", vendors.MetaSettings, (1_000, 10_000, 80), has_webhooks=True
    ),
    ProviderType("whatsapp", "gupshup", "Gupshup"),
    ProviderType("whatsapp", "360dialog", "360dialog"),
    ProviderType("call", "twilio-voice", "Twilio Voice", vendors.TwilioVoiceSettings, (500, 5_000, 5)),
    ProviderType("call", "exotel", "Exotel"),
    ProviderType("call", "ubona", "Ubona"),
    ProviderType(MAILBOX, "gmail", "Gmail", vendors.MailboxSettings, (2_000, 60_000, 60)),
    ProviderType(MAILBOX, "outlook", "Outlook", vendors.MailboxSettings, (10_000, 300_000, 30)),
    ProviderType(MAILBOX, "yahoo", "Yahoo Mail", vendors.MailboxSettings, (500, 15_000, 30)),
    ProviderType(MAILBOX, "custom", "IMAP and SMTP server", vendors.MailboxSettings, (10_000, 300_000, 60)),
    ProviderType("payment", "razorpay", "Razorpay", vendors.RazorpaySettings, has_webhooks=True),
    ProviderType("payment", "stripe", "Stripe", vendors.StripeSettings, has_webhooks=True),
)
_BY_TYPE: Final = {(each.channel, each.type): each for each in TYPES}


def provider_type(channel: str, type: str) -> ProviderType:
    """A vendor on a channel. Raises Invalid, naming the vendors of the channel that can be used."""
    found = _BY_TYPE.get((channel, type))
    if found is None:
        raise Invalid(
            f"There is no {channel} vendor “{type[:50]}”. Choose one of: {_available(channel)}.",
            code="unknown_provider_type",
        )
    return found


def usable_type(channel: str, type: str) -> tuple[ProviderType, type[VendorSettings]]:
    """A vendor that accounts can be saved of, and the model of their settings. Raises Invalid, VendorNotAvailable."""
    found = provider_type(channel, type)
    if found.settings is None:
        raise VendorNotAvailable(
            f"{found.name} is not available yet. Choose another {channel} vendor: {_available(channel)}."
        )
    return found, found.settings


def _available(channel: str) -> str:
    return ", ".join(each.type for each in TYPES if each.channel == channel and each.is_available) or "none yet"


def merged(kind: ProviderType, given: Mapping[str, object], before: VendorSettings | None) -> VendorSettings:
    """An account's settings after a save: a masked or missing secret keeps its value, unless the vendor's address changed.

    Raises Invalid with one detail per setting that is missing, unknown or wrong, or has to be entered again.
    """
    assert kind.settings is not None
    values = {name: value for name, value in given.items() if value not in (None, "", MASK)}
    kept = _kept_secrets(kind, values, before)
    settings = _checked(kind, kind.settings, {**kept, **values})
    if before is not None and kept and settings.addresses() != before.addresses():
        raise Invalid(
            f"The address of {kind.name} changed. Enter its secrets again: they are not sent to another address without you.",
            code="secrets_again",
            details=[{"field": f"config.{name}", "message": "enter it again, the address changed"} for name in kept],
        )
    return settings


def _kept_secrets(
    kind: ProviderType, values: Mapping[str, object], before: VendorSettings | None
) -> dict[str, SecretStr]:
    kept = {}
    for each in kind.form:
        held = getattr(before, each.field, None) if each.secret and each.name not in values else None
        if isinstance(held, SecretStr):
            kept[each.name] = held
    return kept


def _checked(kind: ProviderType, model: type[VendorSettings], values: Mapping[str, object]) -> VendorSettings:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(
            f"The settings of {kind.name} are not complete.",
            code="provider_config",
            details=[
                {
                    "field": f"config.{'.'.join(str(part) for part in each['loc'])}",
                    "message": _words(each["type"], each["msg"]),
                }
                for each in error.errors(include_url=False, include_input=False, include_context=False)
            ],
        ) from error


def _words(kind: str, message: str) -> str:
    """A detail as a person reads it."""
    known = {"missing": "is missing", "extra_forbidden": "is not a setting of this vendor"}
    return known.get(kind) or message.removeprefix("Value error, ")


def stored(settings: VendorSettings) -> dict[str, object]:
    """Settings as they are sealed: the wire's names, secrets unsealed."""
    return {name: value for name, value in _plain(settings).items() if value is not None}


def _plain(settings: BaseModel) -> dict[str, object]:
    return {
        info.alias or name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, info in type(settings).model_fields.items()
        if not info.exclude and (value := getattr(settings, name)) is not None
    }


def opened(kind: ProviderType, values: Mapping[str, object]) -> VendorSettings | None:
    """Settings as they were sealed; None when they no longer fit the vendor's form and must be entered again."""
    if kind.settings is None:
        return None
    known = {each.name for each in kind.form}
    try:
        return kind.settings.model_validate({name: value for name, value in values.items() if name in known})
    except ValidationError:
        return None


def masked(settings: VendorSettings | None) -> dict[str, object]:
    """Settings as an answer shows them: secrets are masked."""
    if settings is None:
        return {}
    return {
        each.name: MASK if isinstance(value, SecretStr) else value
        for each in settings.form()
        if (value := getattr(settings, each.field)) is not None
    }
