"""What came of bulk mail, and of templates (domain reference, 16.6), with the rates of 12.6: delivered of sent, opened and clicked of
delivered; counters are of people, not of events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.reads import Reads
from py360.modules.inbox.figure_views import BulkFiguresView, RatesView, RecentBulkView, TemplateUseView
from py360.modules.inbox.queries.bulk_mail import OWNED, BulkMail, recent
from py360.modules.inbox.queries.spans import Span, change, percent

RECENT: Final = 10


@dataclass(frozen=True, slots=True)
class _Bulk:
    campaigns: int
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int

    def rates(self) -> RatesView:
        """In percent."""
        return _rates(self.sent, self.delivered, self.opened, self.clicked)


_BULK: Final = f"""
select count(distinct b.id) as campaigns, count(r.id) as recipients, count(m.sent_at) as sent, count(m.delivered_at) as delivered,
  count(m.opened_at) as opened, count(m.clicked_at) as clicked
from {OWNED}
left join email_bulk_recipients r on r.campaign_id = b.id
left join messaging_public_message m on m.id = r.message_id
where {{within}} and b.created_at >= %(first)s and b.created_at < %(last)s
"""


def _rates(sent: int, delivered: int, opened: int, clicked: int) -> RatesView:
    return {
        "deliveryRate": percent(delivered, sent),
        "openRate": percent(opened, delivered),
        "clickRate": percent(clicked, delivered),
    }


def _days(span: Span) -> dict[str, object]:
    return {"first": day_begins(span.first), "last": day_ends(span.last)}


async def bulk_figures(reads: Reads, caller: Caller, span: Span) -> BulkFiguresView:
    """The bulk mails of a span within the caller's reach: totals, rates with their change to the span before, and the newest ones."""
    within, reach = reach_filter(caller, "b")
    counted = _BULK.format(within=within)
    now = await reads.fetch_only(_Bulk, counted, {**reach, **_days(span)})
    before = await reads.fetch_only(_Bulk, counted, {**reach, **_days(span.before())})
    rates, earlier = now.rates(), before.rates()
    return {
        "campaigns": now.campaigns,
        "recipients": now.recipients,
        "sent": now.sent,
        "delivered": now.delivered,
        "opened": now.opened,
        "clicked": now.clicked,
        "sentChange": change(now.sent, before.sent),
        **rates,
        "deliveryRateChange": change(rates["deliveryRate"], earlier["deliveryRate"]),
        "openRateChange": change(rates["openRate"], earlier["openRate"]),
        "clickRateChange": change(rates["clickRate"], earlier["clickRate"]),
        "recent": [_recent(each) for each in await recent(reads, within, {**reach, **_days(span)}, RECENT)],
    }


def _recent(bulk: BulkMail) -> RecentBulkView:
    shown = bulk.to_public()
    return {
        "id": shown["id"],
        "name": shown["name"],
        "status": shown["status"],
        "recipients": shown["recipients"],
        "sent": shown["sent"],
        "delivered": shown["delivered"],
        "opened": shown["opened"],
        "clicked": shown["clicked"],
        "progress": shown["progress"],
        "createdDate": shown["createdDate"],
        **_rates(bulk.sent, bulk.delivered, bulk.opened, bulk.clicked),
    }


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """What came of a template's mails. `templates`, `all_delivered` and `all_opened` are of all templates of the span."""

    template_id: int
    name: str
    usage: int
    delivered: int
    opened: int
    clicked: int
    templates: int
    all_delivered: int
    all_opened: int

    def to_public(self) -> TemplateUseView:
        """The template as the API answers it; rates in percent of delivered."""
        return {
            "templateId": self.template_id,
            "name": self.name,
            "usage": self.usage,
            "avgOpenRate": percent(self.opened, self.delivered),
            "avgClickRate": percent(self.clicked, self.delivered),
        }


_TEMPLATES: Final = """
select t.id as template_id, t.name, count(*) as usage, count(m.delivered_at) as delivered, count(m.opened_at) as opened,
  count(m.clicked_at) as clicked, count(*) over () as templates, (sum(count(m.delivered_at)) over ())::bigint as all_delivered,
  (sum(count(m.opened_at)) over ())::bigint as all_opened
from messaging_public_message m join templates_public_template t on t.id = m.template_id
where {within} and m.communication_type = 'email' and m.created_at >= %(first)s and m.created_at < %(last)s
  and m.status <> 'blocked'
group by t.id, t.name order by count(*) desc, t.id limit 20
"""


# Who sent a message, and where their home is: messages without a case are within the reach of their sender's team.
_SENDERS: Final = """
select s.assigned_to from (
  select u.id as assigned_to, u.client_id, h.node_id from identity_public_users u
  left join organization_public_homes h on h.user_id = u.id) s where
"""


def _messages_within(caller: Caller) -> Predicate:
    """Messages about cases within reach, and those that people within reach sent."""
    if caller.reach == "all":
        return "m.client_id = any(%(reach_clients)s)", {"reach_clients": list(caller.client_ids)}
    (cases, params), (senders, also) = reach_filter(caller, "c"), reach_filter(caller, "s")
    about = f"m.case_id in (select c.id from cases_public_case c where {cases})"
    sent = f"m.sent_by = %(reach_user)s or m.sent_by in ({_SENDERS} {senders})"
    return f"m.client_id = any(%(reach_clients)s) and ({about} or {sent})", {**params, **also}


async def templates_used(reads: Reads, caller: Caller, span: Span) -> Sequence[TemplateUse]:
    """The templates whose e-mails within the caller's reach were sent in a span, the most used first; twenty at most."""
    within, reach = _messages_within(caller)
    return await reads.fetch_all(TemplateUse, _TEMPLATES.format(within=within), {**reach, **_days(span)})
