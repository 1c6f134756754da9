"""Links and codes that verify customers' contacts go through the send gate; `customers` stands below messaging."""

from py360.kit.errors import Conflict
from py360.modules.customers.api import VerificationMessage
from py360.modules.messaging import api as messaging


async def send_verification(message: VerificationMessage) -> None:
    """Send one, as a transactional message whose text the ledger does not keep. Raises as `messaging.send_one`, and Conflict
    when it did not leave."""
    sent = await messaging.send_one(
        messaging.Outgoing(
            client_id=message.client_id,
            channel=message.channel,
            contact=message.contact,
            purpose="transactional",
            subject=message.subject or None,
            body=message.text,
            customer_id=message.customer_id,
            sent_by=message.sent_by,
            confidential=True,
        )
    )
    if sent.status in ("failed", "bounced"):
        raise Conflict(f"The message was not sent: {sent.error_message}", code="not_sent")
