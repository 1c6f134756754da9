"""What belongs to one client does not exist for another, whatever route names it.

Generated from the database's own catalogue and from the routes: every table with a `client_id` has a row of client 1 that a
route names, or a reason; every parameter of a path that names a row is tried as a foreign client's administrator and agent.
"""

import itertools
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.http import Route
from tests.factories.stored import read_value
from tests.house.book import NAMED, statements_of_the_book
from tests.modules.conftest import AsRole, Person, as_role

__all__ = ["as_role"]  # the fixture

NO_ROW: Final = {
    "session_id": "one's own sessions only: tests/modules/identity/test_sign_in.py",
    "role_id": "roles are the installation's; only its administrators change them",
    "number": "a chunk of what stands before it",
    "list_name": "the name of a list of the console; kept with one's own user: tests/modules/identity/test_lists.py",
    "draft": "what its author alone may see again, under a name nobody can guess",
    "kind": "calling, sms, whatsapp: of one's own client",
    "section": "the name of a tab of one's own client",
    "chart_id": "the name of a chart; its figures are sums within the caller's reach",
    "channel": "email, sms, whatsapp: stands before what is named",
    "path": "the console passes it on to the route of the API that has this path",
}
# Tables with a client_id whose rows no path names, and why that is enough.
UNNAMED: Final = {
    "email_corrections": "what was corrected of a mail, learned by the client's own classifier; no route reads it",
    "message_engagement": "how often mails were opened, read with the mail it is of",
    "email_webhooks": "one row per client, of the caller's own",
    "email_webhook_deliveries": "a list only, from the caller's clients",
    "email_senders": "written by address, within the caller's client",
    "email_threads": "the conversations of mails, which routes name",
    "analytics_cells": "sums, read through the caller's reach: tests/modules/analytics/test_overview.py",
    "analytics_facts": "what the sums contain, the same",
    "branches": "changed through their node (organizational_hierarchy)",
    "dated_paths": "read with the figures of nodes within reach",
    "claim_approvals": "named by their claim",
    "claim_clocks": "shown with their claim",
    "claim_notices": "written with their claim",
    "consents": "asked for and written by the customer they are of",
    "ai_calls": "counted in the status of the caller's own client",
    "ai_settings": "one row per client, of the caller's own",
    "knowledge_embeddings": "belong to passages: the same",
    "knowledge_passages": "searched within the caller's clients; deleted with their document",
    "case_features": "read with the predictions of cases within reach",
    "renewal_models": "the model of the caller's own client; no number in an address",
    "renewal_predictions": "listed and read with their case",
    "contact_verifications": "named by a signed token, or their customer",
    "customer_profiles": "named by their customer",
    "customer_risks": "a list within the caller's reach, kept by their customer",
    "policy_members": "named by their policy",
    "dnc_compliance_reports": "a list only, from the caller's clients",
    "dnc_blocked_messages": "a list only, from the caller's clients",
    "settings": "one row per section, of the caller's own client",
    "ledger_entries": "a list only, from the caller's clients",
    "ledger_lines": "the same",
    "audit_logs": "a list only, from the caller's clients",
    "agent_availability": "written through the user it is of",
    "grace_periods": "read and replaced with the rules of the caller's own client",
    "renewal_rules": "one row, of the caller's own client",
    "statement_lines": "listed below their file",
    "payment_plans": "made and shown with their case",
    "payment_reminders": "written with their case",
    "payment_links": "reached by a signed token; sent and listed with their case",
    "upload_mappings": "what an office decided for a layout; read by imports of that client",
    "upload_staging": "the rows of a running import; no route reads it",
    "whatsapp_windows": "when somebody last wrote to an account's number; the send gate asks, by account",
}
# No route of any kind yet: the module comes later, and brings its parameters into NAMED.
LATER: Final = {
    "data_retention_policies", "dnc_deduplication_log",
    "dnc_government_sync_log", "surveys", "system_alerts",
    "vendor_communications", "whatsapp_messages", "whatsapp_templates",
}  # fmt: skip
# Bodies that their routes take, so that nothing but the row's client can refuse the request.
BODIES: Final[Mapping[str, Any]] = {
    "PUT /email-accounts/{account_id}": {
        "name": "X",
        "email": "x@example.com",
        "imapServer": "192.0.2.1",
        "smtpServer": "192.0.2.1",
        "password": "x",
    },
    "PATCH /emails/{email_id}": {"starred": True},
    "PUT /email-rules/{rule_id}": {
        "name": "X",
        "conditions": [{"field": "from", "value": "x"}],
        "actions": [{"type": "star"}],
    },
    "PUT /email-classification-rules/{keyword_id}": {"keyword": "xyz", "category": "refund"},
    "POST /emails/{email_id}/escalate": {"reason": "Late"},
    "POST /emails/{email_id}/snooze": {"until": "2099-01-01T10:00:00"},
    "POST /emails/{email_id}/notes": {"content": "Seen"},
    "POST /emails/{email_id}/reply": {"replyText": "Yes"},
    "POST /emails/{email_id}/forward": {"to": ["x@example.com"]},
    "PUT /users/{user_id}/status": {"status": "suspended"},
    "PUT /users/{user_id}/role": {"role": "viewer"},
    "PUT /users/{user_id}/permissions": {"permissions": []},
    "PUT /channels/{channel_id}": {"status": "inactive"},
    "PUT /hierarchy/nodes/{node_id}/move": {"parentId": 1001},
    "PUT /providers/{provider_id}": {"name": "X", "channel": "sms", "type": "twilio", "config": {}},
    "PUT /providers/{provider_id}/active": {"isActive": False},
    "PUT /dnc/{dnc_id}": {"dncType": "phone", "customerPhone": "+919876543210"},
    "PUT /dnc/overrides/{override_id}/decision": {"decision": "approved"},
    "PUT /dnc/{dnc_id}/status": {"isActive": False},
    "POST /dnc/{dnc_id}/overrides": {"overrideType": "permanent", "reason": "Asked us to call"},
    "POST /templates/{template_id}/preview": {"variables": {}},
    "PUT /templates/{template_id}/status": {"status": "archived"},
    "PATCH /cases/{case}/quick-edit": {"status": "in_progress"},
    "PUT /agents/{user_id}/availability": {"capacity": 10},
    "PUT /policy-servicing/{request_id}": {"title": "Other"},
    "PUT /policy-servicing/{request_id}/status": {"status": "under_review"},
    "POST /policy-servicing/{request_id}/notes": {"text": "Seen"},
    "PUT /new-business/{application_id}": {"title": "Other"},
    "PUT /new-business/{application_id}/status": {"status": "under_review"},
    "POST /new-business/{application_id}/notes": {"text": "Seen"},
    "PUT /medical-management/{assessment_id}": {"title": "Other"},
    "PUT /medical-management/{assessment_id}/status": {"status": "scheduled"},
    "POST /medical-management/{assessment_id}/notes": {"text": "Seen"},
    "PATCH /communications/{communication_id}": {"status": "resolved"},
    "POST /cases/{case}/contacts": {"type": "phone", "direction": "inbound"},
    "PUT /cases/{case}/priority": {"isPriority": True},
    "PUT /cases/{case}/assign": {"agentId": 1},
    "POST /cases/{case}/escalate": {"reason": "Overdue", "escalatedTo": 1},
    "POST /cases/{case}/comments": {"text": "Seen"},
    "POST /cases/{case}/communications": {"channel": "sms", "message": "Hello"},
    "POST /cases/{case}/messages": {"channel": "sms", "message": "Hello"},
    "POST /upload/{upload_id}/mapping": {},
    "POST /cases/{case_id}/payments": {"amount": 1, "method": "cash"},
    "POST /payments/{payment_id}/refund": {"amount": 1, "reason": "Twice"},
    "POST /cases/{case_id}/outstanding-amounts": {"amount": 1, "dueDate": "2026-12-31"},
    "PUT /cases/{case_id}/outstanding-amounts/{instalment_id}": {"amount": 1},
    "POST /cases/{case_id}/outstanding-amounts/{instalment_id}/reminders": {"channel": "email"},
    "POST /cases/{case_id}/payment-plans": {"frequency": "annual", "count": 1, "startDate": "2026-12-31"},
    "POST /payments/mandates/{mandate_id}/debits": {"amount": 1},
    "POST /payments/mandates/{mandate_id}/cancel": {"reason": "Moved"},
    "POST /payments/mandates/{mandate_id}/pause": {"reason": "Moved"},
    "PUT /payments/approvals/{approval_id}/decision": {"decision": "declined"},
    "PUT /ai/policy-recommendations/{recommendation_id}/outcome": {"outcome": "accepted"},
    "POST /payments/exceptions/{exception_id}/resolve": {"reason": "Seen"},
    "PUT /campaigns/{campaign_id}/status": {"status": "paused"},
    "PUT /audiences/{audience_id}": {"name": "X"},
    "PUT /dashboard/metrics/{metric_id}": {"name": "X", "measure": "cases"},
    "POST /customers/{customer}/merge": {"duplicateId": "CUST-1002"},
    "PUT /customers/{customer}/kyc": {"documents": []},
    "PUT /customers/{customer}/profile": {"vehicles": []},
    "PUT /policies/{policy:path}/members": {"members": []},
    "PUT /claims/{claim}": {"title": "Other"},
    "PUT /claims/{claim}/status": {"status": "under_review"},
    "PUT /claims/{claim}/approval": {"outcome": "granted"},
    "PUT /claims/{claim}/assign": {"assignedTo": 1},
    "PUT /claims/{claim}/reserve": {"amount": 1, "reason": "Survey"},
    "POST /claims/{claim}/timeline": {"event": "note"},
    "POST /claims/{claim}/documents": {"kind": "claim_form"},
    "PUT /claims/{claim}/documents/{document_id}": {"status": "verified"},
}
HEADERS: Final = {
    "arrival_id": {
        "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
    },
}  # fmt: skip
# Rows named in a body or in a parameter of the query: refused, or answered as if they were not there.
IN_BODIES: Final = (
    ("POST", "/api/campaigns", {"name": "X", "type": ["sms"], "uploadId": 1001, "templates": {"sms": 1001}}),
    ("POST", "/api/campaigns/preview-audience", {"type": ["sms"], "uploadId": "upload-1001"}),
    ("POST", "/api/cases", {"policyNumber": "POL-1001"}),
    ("PUT", "/api/cases/bulk-assign", {"caseIds": ["CASE-1001"], "agentId": 1}),
    ("PUT", "/api/cases/bulk-update-status", {"caseIds": ["CASE-1001"], "status": "in_progress"}),
    ("POST", "/api/policies", {
        "policyNumber": "NEW", "customerId": "CUST-1001", "policyType": "motor", "premium": 1, "startDate": "2026-01-01",
        "endDate": "2026-12-31",
    }),
    ("POST", "/api/claims", {
        "policyNumber": "POL-1001", "type": "vehicle", "description": "x", "claimAmount": 1, "incidentDate": "2026-02-01",
    }),
    ("POST", "/api/claims/links", {"policyId": 1001}),
    ("POST", "/api/consents", {"customerId": "CUST-1001", "channel": "sms", "purpose": "renewal", "state": "granted"}),
    ("POST", "/api/users", {"name": "A B", "email": "x@example.com", "clientId": 1}),
    ("POST", "/api/hierarchy/nodes", {"name": "X", "type": "region", "managerId": 1001}),
    ("POST", "/api/communications/bulk-status", {"messageIds": ["sms-msg-1001"]}),
    ("POST", "/api/policy-servicing", {"type": "other", "policyNumber": "POL-1001"}),
    ("POST", "/api/new-business", {"type": "motor", "customerId": "CUST-1001"}),
    ("POST", "/api/renewal-directions", {"policyNumber": "POL-1001", "direction": "refer", "reason": "Look at it"}),
    ("GET", "/api/logs?type=policyNumber&value=POL-1001", None),
    ("GET", "/api/logs?type=caseId&value=CASE-1001", None),
    ("GET", "/api/cases?clientId=1", None),
    ("GET", "/api/files?entityType=case&entityId=CASE-1001", None),
    ("GET", "/api/files?entityType=customer&entityId=CUST-1001", None),
)  # fmt: skip
MARKS: Final = (
    "Nair 1001",
    "Rao 1001",
    "1001@example.com",
    "+919876541001",
    "Reminder 1001",
    "Renewals 1001",
    "Team 1001",
)
TABLES: Final = """
select table_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and c.column_name = 'client_id' and t.table_type = 'BASE TABLE'
"""


@pytest_asyncio.fixture
async def book(as_admin: httpx.AsyncClient) -> AsyncIterator[int]:
    """Client 1 has some of everything; the number of the foreign client."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
        await db.execute(
            session,
            "insert into upload_arrivals (id, client_id, user_id, size, filename, metadata, expires_at)"
            " values ('arrival-of-client-1', 1, 1, 10, 'a.csv', '{}', now() + interval '1 day')",
        )
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    yield made.json()["data"]["id"]


def guarded(app: FastAPI) -> list[tuple[str, str, list[str]]]:
    """Every route that needs a login and has parameters in its path: the method, the path and the parameters."""
    found = []
    for context in iter_route_contexts(app.routes):
        route, path = context.original_route, context.path or ""
        names = [name.partition(":")[0] for name in re.findall(r"{([^}]+)}", path)]
        if isinstance(route, Route) and route.guards and names:
            found += [(method, path, names) for method in sorted(context.methods or ())]
    return found


async def filled(path: str, names: list[str]) -> str:
    """The path with client 1's rows in it."""
    for name in names:
        value = {"channel": "sms", "number": "1"}.get(name) or NAMED[name][1]
        if value.startswith("select "):
            async with unit_of_work() as session:
                value = str(await read_value(session, value))
        path = re.sub(r"{" + name + r"(:path)?}", value, path)
    return path


async def state_of(tables: list[str]) -> dict[str, str]:
    """A digest of client 1's rows, table by table."""
    async with unit_of_work() as session:
        return {
            table: await read_value(
                session, f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t where client_id = 1"
            )
            for table in tables
        }


async def tables_with_a_client() -> list[str]:
    async with unit_of_work() as session:
        return sorted(await db.fetch_all(session, str, TABLES))


async def foreigners(as_role: AsRole, client_id: int) -> list[Person]:
    return [await as_role(role, client_id=client_id) for role in ("client_admin", "agent")]


async def test_every_table_of_a_client_and_every_parameter_has_a_case(book: int, app: FastAPI) -> None:
    parameters = {name for _, _, names in guarded(app) for name in names}
    assert parameters - NAMED.keys() - NO_ROW.keys() == set(), "say in NAMED which row it names, or in NO_ROW why none"
    assert NAMED.keys() - parameters == set(), "no route has these any more"
    named = {table for table, _ in NAMED.values()}
    tables = set(await tables_with_a_client())
    assert tables - named - UNNAMED.keys() - LATER == set(), "a table with client_id needs a case or a reason"
    assert (UNNAMED.keys() | LATER) - tables == set()
    assert (UNNAMED.keys() | LATER) & named == set()


async def test_a_foreign_client_finds_nothing_by_any_path(
    book: int, app: FastAPI, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    before = await state_of(tables := await tables_with_a_client())
    administrator, agent = await foreigners(as_role, book)
    wrong = []
    for method, path, names in guarded(app):
        if NO_ROW.keys() >= set(names):
            continue
        body = None if method in ("GET", "HEAD", "DELETE") else BODIES.get(f"{method} {path.removeprefix('/api')}", {})
        where = await filled(path, names)
        for person, allowed in ((administrator, {403} if "client_id" in names else {404}), (agent, {403, 404})):
            answer = await person.request(method, where, json=body, headers=HEADERS.get(names[0], {}))
            if answer.status_code not in allowed or any(mark in answer.text for mark in MARKS):
                wrong.append((method, where, person.user["role"], answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    after = await state_of(tables)
    assert {table for table in tables if before[table] != after[table]} <= {"users"}, "only the foreigners' sign-ins"
    assert before["users"] == after["users"]


async def test_the_rows_are_there_for_their_own_client(book: int, app: FastAPI, as_admin: httpx.AsyncClient) -> None:
    """Otherwise the 404s above would say nothing: at least one address with each parameter is found."""
    found: set[str] = set()
    for method, path, names in guarded(app):
        if method == "GET" and "download" not in path and not NO_ROW.keys() >= set(names):
            answer = await as_admin.get(await filled(path, names))
            found |= set(names) if answer.status_code in (200, 410, 423) else set()
    without_a_page = {
        "attachment_id",
        "rule_id",
        "keyword_id",
        "folder_code",
        "client_id",
        "communication_id",
        "direction_id",
        "notification_id",
        "debit_id",
        "approval_id",
        "exception_id",
        "instalment_id",
        "override_id",
        "suppression_id",
        "filename",
        "channel",
        "arrival_id",
        "document_id",
        "merge_id",
        "pair_id",
        "key_id",
        "knowledge_id",
        "recommendation_id",
    }
    assert NAMED.keys() - found <= without_a_page


async def test_a_foreign_row_in_a_body_is_not_there(book: int, as_role: AsRole) -> None:
    before = await state_of(tables := await tables_with_a_client())
    people = await foreigners(as_role, book)
    for (method, path, body), person in itertools.product(IN_BODIES, people):
        answer = await person.request(method, path, json=body)
        assert answer.status_code != 201, (path, answer.text)
        assert answer.status_code < 500, (path, answer.text)
        assert not any(mark in answer.text for mark in MARKS), (path, answer.text)
        assert await state_of(tables) == before, (path, body)
