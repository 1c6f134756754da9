"""The sandbox accounts a client starts with, one per channel."""

from decimal import Decimal
from typing import Final

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.settings import settings
from py360.modules.providers import vendor_settings as vendors
from py360.modules.providers.accounts import seal_settings, settle_default
from py360.modules.providers.vendor_settings import VendorSettings

_NAMES: Final = {"payment": "Razorpay (sandbox)"}
SANDBOX: Final = "Sandbox"


def sandbox_accounts(client_id: int, company: str) -> dict[str, tuple[str, VendorSettings]]:
    """The sandbox account of each channel: vendor and settings. Prices are those of the billing page (INR).

    Each client has a number and a domain of its own, as at a real vendor: events name them.
    """
    here, nth = settings(), client_id - 1
    domain = f"sandbox{client_id if nth else ''}.py360.invalid"
    secret, base = SecretStr(here.sandbox_secret), here.sandbox_url
    mail = vendors.MailgunSettings(
        api_key=secret,
        domain=domain,
        webhook_signing_key=secret,
        from_email=f"renewals@{domain}",
        from_name=company,
        smtp_host="127.0.0.1",
        smtp_port=here.sandbox_smtp_port,
        smtp_username="postmaster@sandbox.py360.invalid",  # the relay of the sandbox knows this one
        smtp_password=secret,
        unit_price=Decimal("0.02"),
    )
    text = vendors.TwilioSettings(
        account_sid="AC" + here.sandbox_secret[:32],
        auth_token=secret,
        from_number=f"+{918045671234 + nth}",
        base_url=base,
        unit_price=Decimal("0.05"),
    )
    voice = vendors.TwilioVoiceSettings(
        account_sid="AC" + here.sandbox_secret[:32],
        auth_token=secret,
        from_number=f"+{918045671234 + nth}",
        base_url=base,
    )
    whatsapp = vendors.MetaSettings(
        access_token=secret,
        phone_number_id=str(106540352242922 + nth),
        business_account_id="102290129340398",
        webhook_token=secret,
        app_secret=secret,
        api_version="v23.0",
        base_url=base,
        unit_price=Decimal("0.08"),
    )
    gateway = vendors.RazorpaySettings(
        key_id="rzp_test_sandbox", key_secret=secret, webhook_secret=secret, base_url=base
    )
    return {
        "email": ("mailgun", mail),
        "sms": ("twilio", text),
        "whatsapp": ("meta", whatsapp),
        "call": ("twilio-voice", voice),
        "payment": ("razorpay", gateway),
    }


# Where the installation has a real account, for whichever client, a client is not given the sandbox; one it has follows it.
_FOLLOW: Final = """
update providers set config_encrypted = %(config)s
where client_id = %(client)s and channel = %(channel)s and name = %(name)s and is_sandbox
"""
_ACCOUNT: Final = """
insert into providers (client_id, name, channel, type, is_active, is_default, is_sandbox, status, config_encrypted)
select %(client)s, %(name)s, %(channel)s::varchar, %(type)s, true, false, true, 'connected', %(config)s
where not exists (select 1 from providers where channel = %(channel)s and not is_sandbox)
on conflict (client_id, channel, name) do nothing
"""
_SANDBOX_IN_USE: Final = """
select exists (select 1 from providers s where s.is_sandbox and s.is_active and not exists
  (select 1 from providers r where r.client_id = s.client_id and r.channel = s.channel and r.is_active and r.is_default
     and not r.is_sandbox))
"""


async def sandbox_in_use(session: AsyncSession) -> bool:
    """Whether a sandbox account of some client may be used, so that the sandbox has to run."""
    return await db.fetch_only(session, bool, _SANDBOX_IN_USE)


async def seed(session: AsyncSession, client_id: int) -> None:
    """The sandbox accounts of a client; may be repeated, and follows the sandbox's ports."""
    company = await db.fetch_only(
        session, str, "select client_name from identity_public_client where id = %(id)s", {"id": client_id}
    )
    for channel, (type, chosen) in sandbox_accounts(client_id, company).items():
        values = {
            "client": client_id,
            "name": _NAMES.get(channel, SANDBOX),
            "channel": channel,
            "type": type,
            "config": seal_settings(chosen),
        }
        if not await db.execute(session, _FOLLOW, values):
            await db.execute(session, _ACCOUNT, values)
        await settle_default(session, client_id, channel)
