"""What other modules may call: the account to use, its typed settings, and its check."""

from py360.modules.providers.accounts import (
    ProviderAccount,
    account,
    accounts_of_type,
    get,
    mark_used,
    reseal,
    seal_settings,
)
from py360.modules.providers.checks import Check, use_check
from py360.modules.providers.errors import VendorNotAvailable
from py360.modules.providers.mailboxes.accounts import delete_mailbox, note_test, save_mailbox, unsaved_mailbox
from py360.modules.providers.mailboxes.consent import MailApplication, MailVendor, consent_page, exchange_code
from py360.modules.providers.mailboxes.token_endpoint import UNREACHABLE
from py360.modules.providers.mailboxes.tokens import with_token
from py360.modules.providers.seed import sandbox_in_use, seed
from py360.modules.providers.vendor_settings import (
    MailboxSettings,
    MailgunSettings,
    MailSettings,
    MetaSettings,
    RazorpaySettings,
    Relay,
    SendGridSettings,
    SmtpSettings,
    StripeSettings,
    TwilioSettings,
    TwilioVoiceSettings,
    VendorSettings,
)

__all__ = [
    "UNREACHABLE",
    "Check",
    "MailApplication",
    "MailSettings",
    "MailVendor",
    "MailboxSettings",
    "MailgunSettings",
    "MetaSettings",
    "ProviderAccount",
    "RazorpaySettings",
    "Relay",
    "SendGridSettings",
    "SmtpSettings",
    "StripeSettings",
    "TwilioSettings",
    "TwilioVoiceSettings",
    "VendorNotAvailable",
    "VendorSettings",
    "account",
    "accounts_of_type",
    "consent_page",
    "delete_mailbox",
    "exchange_code",
    "get",
    "mark_used",
    "note_test",
    "reseal",
    "sandbox_in_use",
    "save_mailbox",
    "seal_settings",
    "seed",
    "unsaved_mailbox",
    "use_check",
    "with_token",
]
