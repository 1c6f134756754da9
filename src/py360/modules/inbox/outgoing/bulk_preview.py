"""What the first recipient of a bulk mail would get (domain reference, 16.7)."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller
from py360.modules.inbox.bulk_views import BulkPreview
from py360.modules.inbox.outgoing import bulk_mail, merge
from py360.modules.inbox.schemas import BulkMailIn
from py360.modules.templates import api as templates


async def preview(session: AsyncSession, caller: Caller, body: BulkMailIn) -> BulkPreview:
    """Nothing is stored or sent; the send gate may still refuse the recipient. Raises NotFound for an unknown template."""
    template = await templates.find(session, caller.client_id, body.template_id, "email")
    shared = await templates.client_values(session, caller.client_id)
    first = body.recipients[0]
    own = {"customerName": first.name, **first.values}
    values = bulk_mail.values_of(shared, first.name, own) | {"unsubscribe_link": ""}
    rendered = await asyncio.to_thread(lambda: templates.compile(template).render(values))
    return {
        "to": first.email,
        "subject": body.subject or rendered.subject,
        "text": bulk_mail.text_of(body.message, rendered),
        "attachment": f"{body.merge_template.removesuffix('s')}.pdf" if body.merge_template else None,
        "missing": merge.missing(body.merge_template, own) if body.merge_template else [],
    }
