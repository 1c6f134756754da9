"""The vendors of section 14 (domain reference): which settings an account of each needs, and which are secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from py360.kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class Key:
    """One setting of an account."""

    name: str
    required: bool = True
    secret: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ProviderType:
    """A vendor on a channel, with the limits a new account starts with (per day, month, minute)."""

    channel: str
    type: str
    name: str
    keys: tuple[Key, ...]
    limits: tuple[int, int, int] = (1_000, 10_000, 10)

    def key(self, name: str) -> Key | None:
        """A setting by its name."""
        return next((key for key in self.keys if key.name == name), None)


def _secret(name: str, required: bool = True) -> Key:
    return Key(name, required, True)


def _optional(*names: str) -> tuple[Key, ...]:
    return tuple(Key(name, False) for name in names)


_SENDER: Final = (Key("fromEmail"), Key("fromName"), *_optional("replyTo"))
_PRICE: Final = Key("unitPrice", False, description="INR per message, or per SMS part")
_RELAY: Final = (
    *_optional("smtpHost", "smtpPort", "smtpUsername", "maxConnections"),
    _secret("smtpPassword", False),
    _PRICE,
)
_VOICE: Final = (Key("accountSid"), _secret("authToken"), Key("fromNumber"))

TYPES: Final = (
    ProviderType("email", "sendgrid", "SendGrid", (_secret("apiKey"), *_SENDER, *_RELAY), (10_000, 100_000, 100)),
    ProviderType(
        "email",
        "aws-ses",
        "Amazon SES",
        (Key("region"), _secret("accessKeyId"), _secret("secretAccessKey"), *_SENDER, _PRICE),
        (50_000, 1_000_000, 200),
    ),
    ProviderType(
        "email",
        "mailgun",
        "Mailgun",
        (_secret("apiKey"), Key("domain"), _secret("webhookSigningKey", False), *_SENDER, *_RELAY),
    ),
    ProviderType(
        "email",
        "smtp",
        "SMTP server",
        (
            Key("host"),
            Key("port"),
            Key("username", False),
            _secret("password", False),
            *_SENDER,
            *_optional("maxConnections"),
            _PRICE,
        ),
    ),
    ProviderType(
        "sms",
        "twilio",
        "Twilio",
        (
            Key("accountSid"),
            _secret("authToken"),
            Key("fromNumber"),
            *_optional("messagingServiceSid", "baseUrl"),
            _PRICE,
        ),
        (1_000, 10_000, 10),
    ),
    ProviderType(
        "sms",
        "msg91",
        "MSG91",
        (_secret("apiKey"), Key("senderId"), Key("route"), Key("country"), _PRICE),
        (5_000, 50_000, 20),
    ),
    ProviderType(
        "sms", "aws-sns", "Amazon SNS", (Key("region"), _secret("accessKeyId"), _secret("secretAccessKey"), _PRICE)
    ),
    ProviderType(
        "sms", "textlocal", "Textlocal", (_secret("apiKey"), Key("username"), _secret("hash"), Key("sender"), _PRICE)
    ),
    ProviderType(
        "whatsapp",
        "meta",
        "Meta WhatsApp Cloud API",
        (
            _secret("accessToken"),
            Key("phoneNumberId"),
            Key("businessAccountId"),
            _secret("webhookToken", False),
            _secret("appSecret", False),
            *_optional("apiVersion", "baseUrl"),
            _PRICE,
        ),
        (1_000, 10_000, 80),
    ),
    ProviderType(
        "whatsapp",
        "gupshup",
        "Gupshup",
        (_secret("apiKey"), Key("appName"), Key("sourceNumber"), Key("apiUrl"), _PRICE),
        (2_000, 20_000, 60),
    ),
    ProviderType("whatsapp", "360dialog", "360dialog", (_secret("apiKey"), Key("partnerId"), Key("channelId"), _PRICE)),
    ProviderType(
        "call", "twilio-voice", "Twilio Voice", (*_VOICE, *_optional("voiceUrl", "statusCallback")), (500, 5_000, 5)
    ),
    ProviderType(
        "call",
        "exotel",
        "Exotel",
        (_secret("apiKey"), _secret("apiToken"), Key("accountSid"), Key("subdomain"), Key("callerId")),
        (1_000, 10_000, 10),
    ),
    ProviderType("call", "ubona", "Ubona", (_secret("apiKey"), Key("accountSid"), Key("apiUrl"), Key("callerId"))),
    ProviderType(
        "payment",
        "razorpay",
        "Razorpay",
        (Key("keyId"), _secret("keySecret"), _secret("webhookSecret"), *_optional("baseUrl")),
    ),
)
_BY_TYPE: Final = {(each.channel, each.type): each for each in TYPES}
MASK: Final = "********"


def provider_type(channel: str, type: str) -> ProviderType:
    """A vendor on a channel. Raises Invalid, naming the vendors of the channel."""
    found = _BY_TYPE.get((channel, type))
    if found is None:
        known = ", ".join(each.type for each in TYPES if each.channel == channel) or "none"
        raise Invalid(f"There is no {channel} vendor “{type}”; there are: {known}.", code="unknown_provider_type")
    return found


def merged(kind: ProviderType, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """An account's settings after a save: a masked or missing secret keeps its old value.

    Raises Invalid with one detail per missing or unknown setting.
    """
    details = [
        {"field": f"config.{name}", "message": "is not a setting of this vendor"}
        for name in given
        if not kind.key(name)
    ]
    config: dict[str, Any] = {}
    for key in kind.keys:
        value = given.get(key.name)
        if key.secret and value in (None, "", MASK):
            value = before.get(key.name)
        if value in (None, ""):
            if key.required:
                details.append({"field": f"config.{key.name}", "message": "is missing"})
            continue
        if not isinstance(value, (str, int, float)) or (isinstance(value, str) and ("\n" in value or "\r" in value)):
            details.append({"field": f"config.{key.name}", "message": "must be one line of text or a number"})
            continue
        config[key.name] = value
    if details:
        raise Invalid(f"The settings of {kind.name} are not complete.", code="provider_config", details=details)
    return config


def shown(kind: ProviderType, config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may be shown: secrets are masked, never given back."""
    return {key.name: (MASK if key.secret else config[key.name]) for key in kind.keys if config.get(key.name)}
