"""The only file that knows every module: its routes, its jobs, its models, and who subscribes to what."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from fastapi import FastAPI
from pydantic_settings import BaseSettings
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from py360.entrypoints.letters import Letters
from py360.entrypoints.verification_messages import send_verification
from py360.kit.events import subscribe
from py360.kit.settings import Settings
from py360.modules.analytics import api as analytics_api
from py360.modules.analytics import jobs as analytics
from py360.modules.assistant import api as assistant
from py360.modules.campaigns import jobs as campaigns
from py360.modules.cases import api as cases
from py360.modules.cases import events as cases_events
from py360.modules.cases import jobs as cases_jobs
from py360.modules.claims import api as claims
from py360.modules.claims import jobs as claims_jobs
from py360.modules.compliance import jobs as compliance_jobs
from py360.modules.customers import api as customers
from py360.modules.customers import events as customers_events
from py360.modules.files import api as files
from py360.modules.files import events as files_events
from py360.modules.identity import api as identity
from py360.modules.identity import events as identity_events
from py360.modules.inbox import api as inbox
from py360.modules.inbox import events as inbox_events
from py360.modules.inbox import jobs as inbox_jobs
from py360.modules.messaging import api as messaging
from py360.modules.messaging import events as messaging_events
from py360.modules.payments import api as payments
from py360.modules.payments import jobs as payments_jobs
from py360.modules.providers import api as providers
from py360.modules.providers import jobs as providers_jobs
from py360.modules.recommendations import jobs as recommendations_jobs
from py360.modules.servicing import api as servicing
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates
from py360.modules.templates import jobs as templates_jobs

# In the order of docs/architecture.md: a module may call those below it.
MODULES: Final = (
    "identity",
    "organization",
    "settings",
    "providers",
    "files",
    "notifications",
    "customers",
    "compliance",
    "templates",
    "messaging",
    "cases",
    "uploads",
    "payments",
    "billing",
    "claims",
    "servicing",
    "inbox",
    "campaigns",
    "assistant",
    "recommendations",
    "analytics",
    "search",
)


def _part(module: str, part: str) -> str | None:
    name = f"py360.modules.{module}.{part}"
    return name if find_spec(f"py360.modules.{module}") and find_spec(name) else None


def check_modules(names: Sequence[str]) -> tuple[str, ...]:
    """The chosen modules, or all of them when none is named; a ValueError names an unknown one."""
    unknown = sorted(set(names) - set(MODULES))
    if unknown:
        raise ValueError(f"no module is called {', '.join(unknown)}; there are {', '.join(MODULES)}")
    return tuple(names) or MODULES


def import_models(modules: Iterable[str] = MODULES) -> None:
    """Load every table's model, so that relations and `alembic check` see them."""
    for module in modules:
        if name := _part(module, "models"):
            import_module(name)


def settings_classes() -> list[type[BaseSettings]]:
    """The settings of the kit and of the modules that have their own."""
    parts = [name for module in MODULES if (name := _part(module, "settings"))]
    return [Settings, *(import_module(name).SETTINGS for name in parts)]


def import_jobs() -> None:
    """Load every job and connect the events; any process may defer any job."""
    import_module("py360.kit.http.idempotency")
    for module in MODULES:
        if name := _part(module, "jobs"):
            import_module(name)
    connect_events()
    fill_protocols()


# What every open window asks for, and what customers and vendors call by the thousand while a campaign runs.
HOT_PATHS: Final = (
    "/api/cases",
    "/api/track/open/{token}",
    "/api/track/click/{token}",
    "/api/l/{token}",
    "/pay/{token}",
    "/api/webhooks/email/{provider}",
    "/api/webhooks/sms/{provider}",
    "/api/webhooks/whatsapp",
    "/api/webhooks/razorpay",
)


def routes(modules: Sequence[str] = ()) -> list[tuple[str, BaseRoute]]:
    """The routes of the chosen modules with the module of each: the hot ones first, since a request passes all routes before
    its own; then fixed paths, so that `/cases/{case}` hides none."""
    found = []
    for module in check_modules(modules):
        if name := _part(module, "routes"):
            found += [(module, route) for route in import_module(name).router.routes]

    def order(each: tuple[str, BaseRoute]) -> tuple[bool, int]:
        path = getattr(each[1], "path", "{")
        return path not in HOT_PATHS, path.count("{")

    return sorted(found, key=order)


def connect_events() -> None:
    """Who subscribes to which event."""
    subscribe(identity_events.ClientAdded, providers_jobs.client_added)
    subscribe(identity_events.ClientAdded, templates_jobs.client_added)
    subscribe(identity_events.ClientAdded, inbox_jobs.client_added)
    subscribe(inbox_events.MailsReceived, inbox_jobs.mails_received)
    subscribe(messaging_events.MessagesMoved, campaigns.messages_moved)
    subscribe(cases_events.CaseRenewed, campaigns.stop_reminders)
    for event in (cases_events.CaseRefunded, cases_events.CaseReopened):
        subscribe(event, campaigns.recount_conversions)
    subscribe(files_events.FileAdded, cases_jobs.note_file_added)
    subscribe(files_events.FileRemoved, cases_jobs.note_file_removed)
    for follow in (cases_jobs.follow_policies, payments_jobs.follow_policies, claims_jobs.follow_policies):
        subscribe(customers_events.PoliciesMoved, follow)
    subscribe(customers_events.CustomersMerged, compliance_jobs.inherit_opt_outs)
    for merge in (customers_events.CustomersMerged, customers_events.CustomersParted):
        subscribe(merge, recommendations_jobs.follow_merge)
    subscribe(files_events.FileAdded, claims_jobs.note_file)
    subscribe(cases_events.CaseClosed, payments_jobs.case_closed)
    subscribe(cases_events.CaseReopened, payments_jobs.case_reopened)


def loops(modules: Sequence[str]) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """What a worker of these modules does all the time, beside jobs."""
    return [analytics.keep_figures] if "analytics" in modules else []


def fill_protocols() -> None:
    """Give lower modules what they ask of higher ones, under the protocols they declare."""
    files.use_entity("email", ("emails", "renewal-email-manager"), inbox.file_entity)
    identity.use_letters(Letters())
    identity.use_office_settings(settings.change_renewals)
    customers.use_verification_sender(send_verification)
    messaging.use_payment_links(payments.make_links)
    files.use_entity("case", ("cases", "closed-cases"), cases.file_entity)
    files.use_entity("claim", ("claims",), claims.claim_entity)
    files.use_entity("customer", ("cases", "policy-timeline"), customers.customer_entity)
    for kind, (permissions, find) in servicing.ENTITIES.items():
        files.use_entity(kind, permissions, find)
    files.use_entity("policy", ("cases", "policy-timeline"), customers.policy_entity)
    for channel in ("email", "sms", "whatsapp"):
        providers.use_check(channel, messaging.check)
    providers.use_check("call", cases.check_voice)
    providers.use_check("payment", payments.check)
    assistant.use_figures(analytics_api.figures_in_words)
    inbox.use_mail_labeller(assistant.label_mail)


def install(app: FastAPI) -> None:
    """Give the application its authenticator."""
    name = _part("identity", "authentication")
    if name:
        app.state.authenticate = import_module(name).authenticate


async def seed(session: AsyncSession) -> None:
    """What every installation starts with: roles, a client, policy types; for each client templates and sandbox accounts."""
    await identity.seed(session)
    await customers.seed(session)
    for client_id in await identity.client_numbers(session):
        await providers.seed(session, client_id)
        await templates.seed(session, client_id)
        await inbox.seed(session, client_id)
