"""The sandbox accounts a client starts with, one per channel."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.settings import settings
from py360.modules.providers.accounts import seal_config

SANDBOX: Final = "Sandbox"


def sandbox_accounts(company: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The sandbox account of each channel: vendor and settings. Prices are those of the billing page (INR)."""
    here = settings()
    secret, base = here.sandbox_secret, here.sandbox_url
    return {
        "email": (
            "mailgun",
            {
                "apiKey": secret,
                "domain": "sandbox.py360.invalid",
                "webhookSigningKey": secret,
                "fromEmail": "renewals@sandbox.py360.invalid",
                "fromName": company,
                "smtpHost": "127.0.0.1",
                "smtpPort": here.sandbox_smtp_port,
                "smtpUsername": "postmaster@sandbox.py360.invalid",
                "smtpPassword": secret,
                "unitPrice": "0.02",
            },
        ),
        "sms": (
            "twilio",
            {
                "accountSid": "AC" + secret[:32],
                "authToken": secret,
                "fromNumber": "+918045671234",
                "baseUrl": base,
                "unitPrice": "0.05",
            },
        ),
        "whatsapp": (
            "meta",
            {
                "accessToken": secret,
                "phoneNumberId": "106540352242922",
                "businessAccountId": "102290129340398",
                "webhookToken": secret,
                "appSecret": secret,
                "apiVersion": "v23.0",
                "baseUrl": base,
                "unitPrice": "0.08",
            },
        ),
    }


# Where the installation has a real account, for whichever client, nobody is given the sandbox.
_ACCOUNT: Final = """
insert into providers (client_id, name, channel, type, is_active, is_default, is_sandbox, status, config_encrypted)
select %(client)s, %(name)s, %(channel)s::varchar, %(type)s, true,
  not exists (select 1 from providers where client_id = %(client)s and channel = %(channel)s and is_default),
  true, 'connected', %(config)s
where not exists (select 1 from providers where channel = %(channel)s and not is_sandbox)
on conflict (client_id, channel, name) do update set config_encrypted = excluded.config_encrypted
where providers.is_sandbox
"""

_SANDBOX_IN_USE: Final = """
select exists (select 1 from providers s where s.is_sandbox and s.is_active and not exists
  (select 1 from providers r where r.client_id = s.client_id and r.channel = s.channel and r.is_active and not r.is_sandbox))
"""


async def sandbox_in_use(session: AsyncSession) -> bool:
    """Whether some client has nothing but a sandbox account for a channel, payments included."""
    return bool(await db.value(session, _SANDBOX_IN_USE))


async def seed(session: AsyncSession, client_id: int) -> None:
    """The sandbox accounts of a client; may be repeated, and follows the sandbox's ports."""
    company = await db.value(
        session, "select client_name from identity_public_client where id = %(id)s", {"id": client_id}
    )
    for channel, (type, config) in sandbox_accounts(str(company)).items():
        values = {"client": client_id, "name": SANDBOX, "channel": channel, "type": type, "config": seal_config(config)}
        await db.execute(session, _ACCOUNT, values)
