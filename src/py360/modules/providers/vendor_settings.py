"""What an account of each vendor is set up with: one model per vendor, which its adapter takes.

The form that `GET /providers/types` describes is generated from these models, so a setting that is shown is a setting that is
used. Secrets are `SecretStr`: they are masked in answers and never printed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from py360.kit import egress

_WHERE: Final = "address"  # marks a setting that says where the account's vendor is
_SECRET_MAX: Final = 2_000


def _one_line(value: object) -> object:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        value = str(value)  # forms send a number where a text of digits is meant, such as a phone number id
    if isinstance(value, str) and any(sign in value for sign in "\r\n\0"):
        raise ValueError("must be one line of text")
    return value


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number from 1 to 65535")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _mailbox(text: str) -> str:
    """A bare e-mail address in the form that goes over the wire: ASCII, an internationalised domain as `xn--`.

    The office's own relay may take domains that are nowhere else, so any well-formed domain will do.
    """
    local, _, domain = text.rpartition("@")
    try:
        name = idna.encode(domain, uts46=True).decode().lower()
        found = validate_email(f"{local}@example.com", check_deliverability=False, allow_smtputf8=False)
    except (idna.IDNAError, EmailNotValidError) as error:
        raise ValueError("must be a bare e-mail address such as renewals@example.com") from error
    if "." not in name or len(name) > 253:
        raise ValueError("must be a bare e-mail address such as renewals@example.com")
    return f"{found.local_part}@{name}"


def _named_mailbox(text: str) -> str:
    """An address, or one with a name: `Claims desk <claims@example.com>`."""
    if "<" not in text:
        return _mailbox(text)
    name, _, address = text.strip().removesuffix(">").rpartition("<")
    name = name.strip().strip('"')
    if not text.rstrip().endswith(">") or "<" in name:
        raise ValueError("must be an e-mail address, or a name and an address: Claims <claims@example.com>")
    return f"{name} <{_mailbox(address)}>" if name else _mailbox(address)


def _base_address(text: str) -> str:
    if "://" not in text:
        raise ValueError("must be a web address such as https://api.example.com")
    egress.host_of(text)
    return text.rstrip("/")


Text = Annotated[str, BeforeValidator(_one_line), StringConstraints(min_length=1, max_length=500)]
Secret = Annotated[SecretStr, BeforeValidator(_one_line), Field(min_length=1, max_length=_SECRET_MAX)]
Token = Annotated[SecretStr, BeforeValidator(_one_line), Field(min_length=1, max_length=10_000)]  # Microsoft's are long
Mailbox = Annotated[str, BeforeValidator(_one_line), AfterValidator(_mailbox)]
NamedMailbox = Annotated[str, BeforeValidator(_one_line), AfterValidator(_named_mailbox)]
Host = Annotated[
    str, BeforeValidator(_one_line), StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")
]
BaseAddress = Annotated[str, BeforeValidator(_one_line), AfterValidator(_base_address)]
Port = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=65_535)]
_ADDRESS: Final[JsonDict] = {_WHERE: True}


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a vendor's form."""

    name: str  # on the wire
    field: str
    required: bool
    secret: bool
    address: bool
    description: str


class VendorSettings(BaseModel):
    """Settings of an account at some vendor."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True, frozen=True, extra="forbid"
    )
    unit_price: Annotated[Decimal, Field(ge=0, le=1_000, max_digits=9, decimal_places=4)] | None = Field(
        None, description="INR per message, or per SMS part"
    )

    @classmethod
    def form(cls) -> Iterator[Setting]:
        """The fields of the form, the required ones first."""
        fields = sorted(cls.model_fields.items(), key=lambda item: not item[1].is_required())
        for name, info in fields:
            if not info.exclude:
                yield Setting(
                    info.alias or name,
                    name,
                    info.is_required(),
                    _is_secret(info),
                    _is_address(info),
                    info.description or "",
                )

    def addresses(self) -> dict[str, str | int | None]:
        """Every setting that says where the vendor is."""
        return {each.name: getattr(self, each.field) for each in self.form() if each.address}

    def identifiers(self) -> frozenset[str]:
        """What the vendor's events call this account: a phone number id, an account sid, a domain."""
        return frozenset()


def _is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def _is_address(info: FieldInfo) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(_WHERE))


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server to hand messages to, and how to sign in there."""

    host: str
    port: int
    username: str | None
    password: str | None
    max_connections: int | None
    require_tls: bool | None = None
    access_token: str | None = None  # signs in by XOAUTH2 instead of a password


class MailSettings(VendorSettings):
    """What every mail account has: a sender, and a relay to hand messages to."""

    from_email: Mailbox = Field(description="The sender's bare address")
    from_name: Text = Field(description="The sender's name as recipients see it")
    reply_to: NamedMailbox | None = Field(None, description="Where answers go, when not to the sender")
    max_connections: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="Connections at the same time"
    )

    @property
    def relay(self) -> Relay:
        """The server this account's mail goes to."""
        raise NotImplementedError


class SmtpSettings(MailSettings):
    """Any mail server."""

    host: Host = Field(json_schema_extra=_ADDRESS)
    port: Port = Field(json_schema_extra=_ADDRESS, description="587, or 465 for TLS from the first byte")
    username: Text | None = None
    password: Secret | None = None
    require_tls: bool | None = Field(
        None,
        description="Send nothing without TLS. Empty: required on ports 465 and 587, and for a password that leaves",
    )

    @property
    def relay(self) -> Relay:
        """The server this account's mail goes to."""
        password = self.password.get_secret_value() if self.password else None
        return Relay(self.host, self.port, self.username, password, self.max_connections, self.require_tls)


class _RelaySettings(MailSettings):
    """A vendor with a mail relay of its own; another host is for relays between."""

    default_host: ClassVar[str]
    smtp_host: Host | None = Field(
        None, json_schema_extra=_ADDRESS, description="When it is not the vendor's own relay"
    )
    smtp_port: Port = Field(587, json_schema_extra=_ADDRESS)


class SendGridSettings(_RelaySettings):
    """SendGrid: its relay takes the API key as the password of the user `apikey` (docs: SMTP API, "Integrating with the SMTP API")."""

    default_host = "smtp.sendgrid.net"
    api_key: Secret

    @property
    def relay(self) -> Relay:
        """The server this account's mail goes to."""
        key = self.api_key.get_secret_value()
        return Relay(self.smtp_host or self.default_host, self.smtp_port, "apikey", key, self.max_connections)


class MailgunSettings(_RelaySettings):
    """Mailgun: its relay has a sign-in of its own; events are signed with the webhook signing key (the API key of old accounts)."""

    default_host = "smtp.mailgun.org"
    api_key: Secret = Field(description="Signs the events of old accounts that have no webhook signing key")
    domain: Host = Field(description="The sending domain; events of other domains are not this account's")
    webhook_signing_key: Secret | None = None
    smtp_username: Text | None = Field(None, description="Empty: postmaster@ and the domain")
    smtp_password: Secret = Field(description="Of the domain's SMTP credentials")

    @property
    def relay(self) -> Relay:
        """The server this account's mail goes to."""
        username = self.smtp_username or f"postmaster@{self.domain}"
        password = self.smtp_password.get_secret_value()
        return Relay(self.smtp_host or self.default_host, self.smtp_port, username, password, self.max_connections)

    @property
    def signing_key(self) -> str:
        """What signs its events."""
        return (self.webhook_signing_key or self.api_key).get_secret_value()

    def identifiers(self) -> frozenset[str]:
        """The sending domain, and that of the sender's address."""
        return frozenset({self.domain.lower(), self.from_email.rpartition("@")[2]})


class MailboxSettings(MailSettings):
    """A mailbox that is read (IMAP) and answered from (SMTP); signs in by a password or an OAuth 2.0 token (XOAUTH2).

    Source: specification, table email_accounts; domain reference, 16.1.
    """

    imap_server: Host = Field(json_schema_extra=_ADDRESS)
    imap_port: Port = Field(993, json_schema_extra=_ADDRESS, description="993, or 143 without TLS from the first byte")
    smtp_server: Host = Field(json_schema_extra=_ADDRESS)
    smtp_port: Port = Field(587, json_schema_extra=_ADDRESS, description="587, or 465 for TLS from the first byte")
    username: Text
    password: Secret | None = Field(None, description="Or an accessToken; with two-step sign-in, an app password")
    access_token: Token | None = Field(None, description="OAuth 2.0 access token, used instead of a password (XOAUTH2)")
    refresh_token: Token | None = Field(None, description="OAuth 2.0 refresh token: access tokens are renewed by it")
    oauth_client_id: Secret | None = Field(None, description="Of the application that the refresh token was given to")
    oauth_client_secret: Secret | None = Field(None, description="Empty for a public client of Microsoft's")
    token_url: BaseAddress | None = Field(
        None, json_schema_extra=_ADDRESS, description="Where tokens are renewed; empty: Google's or Microsoft's"
    )
    token_expires_at: datetime | None = Field(None, description="When the access token ends; kept by the application")
    use_ssl: bool = Field(True, alias="useSSL", description="Off: TLS is begun by STARTTLS where the server has it")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.password is None) == (self.access_token is None and self.refresh_token is None):
            raise ValueError("enter either a password, or an access token or refresh token")
        if self.refresh_token is not None and self.oauth_client_id is None:
            raise ValueError("a refresh token needs the client id that it was given to (oauthClientId)")
        return self

    @property
    def relay(self) -> Relay:
        """The server this mailbox's answers go to."""
        password = self.password.get_secret_value() if self.password else None
        token = self.access_token.get_secret_value() if self.access_token else None
        return Relay(self.smtp_server, self.smtp_port, self.username, password, self.max_connections, None, token)


class TwilioSettings(VendorSettings):
    """Twilio's Messages resource."""

    account_sid: Text = Field(pattern=r"^[A-Za-z0-9]+$")
    auth_token: Secret
    from_number: Text
    messaging_service_sid: Text | None = Field(None, description="Sends through this service instead of the number")
    base_url: BaseAddress | None = Field(None, json_schema_extra=_ADDRESS, description="Empty: https://api.twilio.com")

    def identifiers(self) -> frozenset[str]:
        """The account sid, and the number or service that it sends from."""
        return frozenset({self.account_sid, self.from_number, self.messaging_service_sid or self.from_number})


class TwilioVoiceSettings(VendorSettings):
    """Twilio's Calls resource: calls are made from this number."""

    unit_price: Annotated[Decimal, Field(ge=0, le=1_000, max_digits=9, decimal_places=4)] | None = Field(
        None, exclude=True
    )
    account_sid: Text = Field(pattern=r"^[A-Za-z0-9]+$")
    auth_token: Secret
    from_number: Text
    base_url: BaseAddress | None = Field(None, json_schema_extra=_ADDRESS, description="Empty: https://api.twilio.com")

    def identifiers(self) -> frozenset[str]:
        """The account sid, and the number that it calls from."""
        return frozenset({self.account_sid, self.from_number})


class MetaSettings(VendorSettings):
    """A phone number at Meta's WhatsApp Cloud API."""

    access_token: Secret
    phone_number_id: Text = Field(pattern=r"^[A-Za-z0-9_-]+$")
    business_account_id: Text = Field(description="The WhatsApp Business Account that holds the number")
    webhook_token: Secret | None = Field(
        None, description="The verify token that you enter at Meta beside the webhook's address"
    )
    app_secret: Secret | None = Field(None, description="Signs Meta's events; without it none are taken")
    api_version: Text | None = Field(None, pattern=r"^v\d{1,3}\.\d{1,2}$", description="Empty: v23.0")
    base_url: BaseAddress | None = Field(
        None, json_schema_extra=_ADDRESS, description="Empty: https://graph.facebook.com"
    )

    def identifiers(self) -> frozenset[str]:
        """The phone number id, and the business account for events about no number."""
        return frozenset({self.phone_number_id, self.business_account_id})


class RazorpaySettings(VendorSettings):
    """Razorpay's Payment Links."""

    unit_price: None = Field(None, exclude=True)  # the gateway takes its fee by itself
    key_id: Text
    key_secret: Secret
    webhook_secret: Secret
    previous_webhook_secret: Secret | None = Field(
        None, description="The secret before the last change: it still signs repeated events"
    )
    merchant_id: Text | None = Field(
        None, description="acc_...: events that name another merchant are not this account's"
    )
    base_url: BaseAddress | None = Field(
        None, json_schema_extra=_ADDRESS, description="Empty: https://api.razorpay.com"
    )

    def identifiers(self) -> frozenset[str]:
        """The merchant, when it is known."""
        return frozenset({self.merchant_id} if self.merchant_id else ())


class StripeSettings(VendorSettings):
    """Stripe Checkout: customers pay on Stripe's page, so no publishable key is needed."""

    unit_price: None = Field(None, exclude=True)  # the gateway takes its fee by itself
    secret_key: Secret = Field(
        description="sk_... or a restricted key rk_... for sessions, intents, charges and refunds"
    )
    webhook_secret: Secret = Field(description="whsec_... of the webhook endpoint")
    previous_webhook_secret: Secret | None = Field(
        None, description="The secret before the last change: it still signs repeated events"
    )
    account_id: Text | None = Field(
        None, pattern=r"^acct_[A-Za-z0-9]+$", description="acct_...: a connected account that the key works for"
    )
    base_url: BaseAddress | None = Field(None, json_schema_extra=_ADDRESS, description="Empty: https://api.stripe.com")

    def identifiers(self) -> frozenset[str]:
        """The connected account, which its events name."""
        return frozenset({self.account_id} if self.account_id else ())
