"""Lists of contacts as files, and compliance reports."""

import io

import httpx
import xlsxwriter

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from tests.factories.cases import make_case

LIST = """Customer Name,Phone,Email,DNC Type,Source,Reason
Asha Rao,9800000001,,phone,customer,Asked us to stop
Ravi Nair,,ravi@example.com,Email,Government,
Both Ways,+919800000002,both@example.com,,,
No Phone,12,,phone,,
Wrong Type,9800000003,,fax,,
"""


async def sent(client: httpx.AsyncClient, content: bytes, name: str = "list.csv") -> httpx.Response:
    return await client.post("/api/dnc/bulk-upload", files={"file": (name, content)})


async def test_a_list_is_added_and_wrong_rows_are_named(as_admin: httpx.AsyncClient) -> None:
    first = (await sent(as_admin, LIST.encode())).json()["data"]
    assert (first["total"], first["added"], first["existing"], first["failed"]) == (5, 3, 0, 2)
    assert [(each["row"], each["field"]) for each in first["errors"]] == [(5, "customerPhone"), (6, "dncType")]
    again = (await sent(as_admin, LIST.encode())).json()["data"]
    assert (again["added"], again["existing"]) == (0, 3)
    listed = (await as_admin.get("/api/dnc", params={"search": "Both Ways"})).json()["data"]["entries"]
    assert [(each["dncType"], each["customerPhone"]) for each in listed] == [("both", "+919800000002")]


async def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(as_admin: httpx.AsyncClient) -> None:
    """In a list with semicolons and Windows' letters; a blank line does not shift the numbers of the rows below."""
    lines = [
        "Name;Phone;Reason",
        '"José Rao;9800000001;',
        "",
        'Uma;9800000002;"Two\nlines"',
        "Ravi;12;",
        "Om;9800000003;9800000004",
    ]
    done = (await sent(as_admin, "\r\n".join(lines).encode("cp1252"))).json()["data"]
    assert (done["total"], done["added"], done["failed"]) == (4, 3, 1)
    assert [(each["row"], each["field"]) for each in done["errors"]] == [(6, "customerPhone")]
    listed = (await as_admin.get("/api/dnc", params={"search": "José"})).json()["data"]["entries"]
    assert [each["customerPhone"] for each in listed] == ["+919800000001"]
    several = (await sent(as_admin, b"Phone,Name\n9800000005;9800000006,Asha\n")).json()["data"]
    assert (several["added"], several["failed"]) == (0, 1)


async def test_a_list_may_be_a_workbook_and_the_template_is_one_of_its_own(as_admin: httpx.AsyncClient) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Mobile"])
    sheet.write_row(1, 0, ["Asha Rao", 9800000009])
    book.close()
    assert (await sent(as_admin, buffer.getvalue(), "list.xlsx")).json()["data"]["added"] == 1
    template = await as_admin.get("/api/dnc/bulk-template")
    assert (await sent(as_admin, template.content)).json()["data"]["added"] == 1


async def test_files_that_are_no_list_are_refused(as_admin: httpx.AsyncClient) -> None:
    for content, name, code in (
        (b"x", "list.pdf", "unknown_format"),
        (b"a,b\n1,2\n", "list.csv", "columns_missing"),
        (b"", "list.csv", "columns_missing"),
        (b"\xff\xfe\x00broken", "list.xlsx", "unreadable"),
    ):
        answer = await sent(as_admin, content, name)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), name
    many = "Phone\n" + "\n".join(f"98{n:08d}" for n in range(10_001))
    assert (await sent(as_admin, many.encode())).status_code == 413


async def test_a_report_counts_what_went_out_in_spite_of_the_registry(as_admin: httpx.AsyncClient) -> None:
    case = await make_case("in_progress")
    today = resources.current().clock.today()
    await as_admin.post("/api/dnc", json={"dncType": "phone", "customerPhone": "+919800000001"})
    async with unit_of_work() as session:
        await db.execute(session, "update dnc_registry set created_at = now() - interval '1 hour'")
        for contact in ("+919800000001", "+919800000002", "+919800000003"):
            await db.execute(
                session,
                "insert into communication_delivery_status (client_id, case_id, communication_type, recipient_contact, status,"
                " sent_at) select client_id, id, 'sms', %(contact)s, 'sent', now() from renewal_cases where id = %(id)s",
                {"id": case.id, "contact": contact},
            )
        await db.execute(
            session,
            "insert into dnc_blocked_messages (client_id, message_type, recipient_phone) select client_id, 'sms', '+91' from renewal_cases",
        )
    made = await as_admin.post("/api/dnc/compliance-reports", json={"reportType": "monthly"})
    assert made.status_code == 201, made.text
    data = made.json()["data"]
    assert (data["totalSent"], data["totalBlocked"], data["violations"], data["complianceScore"]) == (3, 1, 1, 75.0)
    assert data["periodStart"] == today.replace(day=1).isoformat()
    listed = (await as_admin.get("/api/dnc/compliance-reports")).json()["data"]["reports"]
    assert [each["complianceScore"] for each in listed] == [75.0]
    for body in (
        {"reportType": "custom"},
        {"reportType": "custom", "periodStart": "2026-02-01", "periodEnd": "2026-01-01"},
    ):
        assert (await as_admin.post("/api/dnc/compliance-reports", json=body)).status_code == 422


async def test_reports_and_lists_obey_their_switches(as_admin: httpx.AsyncClient) -> None:
    off = await as_admin.put("/api/settings/dnc", json={"complianceReporting": False, "bulkOperationsEnabled": False})
    assert off.status_code == 200, off.text
    assert (await as_admin.post("/api/dnc/compliance-reports", json={})).json()["error"][
        "code"
    ] == "reports_switched_off"
    assert (await sent(as_admin, LIST.encode())).json()["error"]["code"] == "bulk_switched_off"
