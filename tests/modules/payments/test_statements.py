"""Files of the bank and of the gateway: shown first, booked once, and what does not agree in the queue of exceptions."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.modules.payments import jobs
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import MakeCase, Voice, balances, order_of, payment_event, rows
from tests.services import ADMIN, PASSWORD

BANK = "Value Date,Narration,UTR No,Debit,Credit\n"
SETTLEMENT = "transaction_entity,entity_id,amount,fee,tax,settlement_id,settlement_utr,settled_at\n"


async def upload(client: httpx.AsyncClient, text: str, kind: str = "bank", **fields: Any) -> httpx.Response:
    files = {"file": (f"{kind}.csv", text.encode(), "text/csv")}
    return await client.post("/api/payments/statements", files=files, data={"kind": kind, **fields})


async def taken(client: httpx.AsyncClient, text: str, kind: str = "bank", **fields: Any) -> dict[str, Any]:
    answer = await upload(client, text, kind, **fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"]["statement"])


async def lines_of(client: httpx.AsyncClient, statement: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/payments/statements/{statement['id']}/lines")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["lines"])


async def apply(client: httpx.AsyncClient, statement: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"/api/payments/statements/{statement['id']}/apply")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


async def open_exceptions(client: httpx.AsyncClient) -> list[tuple[str, float]]:
    answer = await client.get("/api/payments/exceptions", params={"status": "open"})
    assert answer.status_code == 200, answer.text
    return sorted((each["kind"], each["amount"]) for each in answer.json()["data"]["exceptions"])


async def test_a_bank_file_is_shown_before_it_is_booked(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    first, second = await make_case("1000"), await make_case("2000")
    text = BANK + (
        f"24/11/2026,NEFT {first.policy_number} ASHA RAO,UTR0001,,1000.00\n"
        f"24-Nov-2026,IMPS {second.number} part,UTR0002,,\"1,500.50\"\n"
        "24/11/2026,NEFT SOMEBODY,UTR0003,,77\n"
        "24/11/2026,BANK CHARGES,UTR0004,10,\n"
        f"24/11/2026,again {first.policy_number},UTR0001,,1000.00\n"
        "yesterday,NEFT,UTR0005,,5\n"
        "24/11/2026,NEFT,UTR0006,,1.005\n"
    )  # fmt: skip
    statement = await taken(as_admin, text)
    counted = {name: statement[name] for name in ("rows", "matched", "unmatched", "duplicates", "invalid", "ignored")}
    assert counted == {"rows": 7, "matched": 2, "unmatched": 1, "duplicates": 1, "invalid": 2, "ignored": 1}
    lines = await lines_of(as_admin, statement)
    assert [(each["outcome"], each["caseId"]) for each in lines[:2]] == [
        ("matched", first.number),
        ("matched", second.number),
    ]
    assert "not a date" in lines[5]["problem"]
    assert "rupees and paise" in lines[6]["problem"]
    assert await balances(as_admin) == {}
    assert (await apply(as_admin, statement))["receipts"] == 2
    assert await balances(as_admin) == {
        "bank": 2577.50, "receivable": 499.50, "premium": -3000, "suspense": -77,
    }  # fmt: skip
    assert (await rows("select status from renewal_cases where id = %(id)s", id=first.id)) == [{"status": "renewed"}]
    assert await open_exceptions(as_admin) == [("unmatched_receipt", 77)]
    again = await as_admin.post(f"/api/payments/statements/{statement['id']}/apply")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "applied")


async def test_only_one_amount_that_came_in_is_a_receipt(as_admin: httpx.AsyncClient) -> None:
    """A statement with one column of amounts says beside it which way they went."""
    text = "Date,Particulars,Reference No,Amount,Dr/Cr\n" + (
        "24/11/2026,NEFT,U1,700.00,CR\n"
        "24/11/2026,RENT,U2,900.00,DR\n"
        "24/11/2026,RENT,U3,900.00 Dr,\n"
        "24/11/2026,NEFT,U4,500 450,CR\n"
        "24/11/2026,NEFT, ASHA,U5,300,CR\n"
        "2026-11-23T18:30:00Z,NEFT,U6,\"1,00,000.50\",CR\n"
    )  # fmt: skip
    lines = await lines_of(as_admin, await taken(as_admin, text))
    assert [(each["outcome"], each["amount"]) for each in lines] == [
        ("unmatched", 700), ("ignored", 900), ("ignored", 900), ("invalid", None), ("invalid", None), ("unmatched", 100_000.50),
    ]  # fmt: skip
    assert "not one amount" in lines[3]["problem"]
    assert "more cells than there are headings" in lines[4]["problem"]
    assert lines[5]["date"] == "2026-11-24"


async def test_a_reference_in_another_spelling_is_the_same_money(as_admin: httpx.AsyncClient) -> None:
    rows_ = [
        "24/11/2026,NEFT,UTR7001,,100", "24/11/2026,NEFT,utr 7001,,100", "24/11/2026,NEFT,'UTR7001,,100", "24/11/2026,NEFT,UTR\u200b7001,,100",
        "24/11/2026,IMPS  ASHA,,,55", "24/11/2026,IMPS ASHA,,,55", "24/11/2026,NEFT,1.23457E+11,,100",
    ]  # fmt: skip
    lines = await lines_of(as_admin, await taken(as_admin, BANK + "\n".join(rows_)))
    outcomes = ["unmatched", *["duplicate"] * 3, "unmatched", "duplicate", "invalid"]
    assert [each["outcome"] for each in lines] == outcomes
    assert "cut its reference" in lines[6]["problem"]


async def test_the_same_money_in_two_files_is_booked_once(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    line = f"24/11/2026,NEFT {case.policy_number},UTR0001,,400\n"
    one, two = await taken(as_admin, BANK + line), await taken(as_admin, BANK + line + "24/11/2026,x,UTR0002,,1\n")
    assert (await upload(as_admin, BANK + line)).json()["error"]["code"] == "file_known"
    assert two["matched"] == 1  # neither is booked yet
    await apply(as_admin, one)
    assert (await apply(as_admin, two))["receipts"] == 0
    assert (await balances(as_admin))["bank"] == 401


async def test_more_than_is_due_is_booked_and_stands_in_the_queue(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case, lapsed = await make_case("1000"), await make_case("500")
    await rows("update renewal_cases set status = 'lapsed', closed_at = now() where id = %(id)s", id=lapsed.id)
    text = BANK + (
        f"24/11/2026,NEFT {case.policy_number},UTR0001,,1200\n24/11/2026,NEFT {lapsed.policy_number},UTR0002,,500\n"
    )
    await apply(as_admin, await taken(as_admin, text))
    assert await open_exceptions(as_admin) == [("closed_case", 500), ("unallocated_credit", 200)]
    assert (await balances(as_admin))["unallocated_credit"] == -200
    titles = {each["action"] for each in await rows("select action from case_history")}
    assert {"Paid too much", "Payment on a Closed Case"} <= titles


async def test_a_receipt_is_booked_on_the_case_a_person_names(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    await apply(as_admin, await taken(as_admin, BANK + "24/11/2026,RTGS MRS RAO,UTR0001,,1000\n"))
    page = await as_admin.get("/api/payments/exceptions")
    (found,) = page.json()["data"]["exceptions"]
    path = f"/api/payments/exceptions/{found['id']}/resolve"
    assert (await as_admin.post(path, json={"reason": ""})).status_code == 422
    assert (await as_admin.post(path, json={"reason": "Asked her", "caseId": "CASE-99999"})).status_code == 404
    done = await as_admin.post(path, json={"reason": "Asked her", "caseId": case.number})
    assert done.status_code == 200, done.text
    assert (await as_admin.post(path, json={"reason": "Asked her"})).json()["error"]["code"] == "resolved"
    assert await balances(as_admin) == {"bank": 1000, "premium": -1000}
    assert await open_exceptions(as_admin) == []


async def test_declined_receipt_does_not_hide_the_money_that_the_bank_has(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case, second = await make_case("600000"), await as_role("client_admin")
    body = {"amount": 250_000, "method": "bank_transfer"}
    numbers = []
    for reference in ("UTR0001", "UTR0002"):
        answer = await as_admin.post(f"/api/cases/{case.number}/payments", json=body | {"reference": reference})
        numbers.append(answer.json()["data"]["approvalId"])
    path = "/api/payments/approvals/{}/decision"
    declined = {"decision": "declined", "note": "No such money"}
    assert (await second.put(path.format(numbers[0]), json=declined)).status_code == 200
    text = "".join(f"24/11/2026,NEFT {case.policy_number},UTR000{n},,250000\n" for n in (1, 2))
    assert (await apply(as_admin, await taken(as_admin, BANK + text)))[
        "receipts"
    ] == 1  # the other one waits for approval
    refused = await second.put(path.format(numbers[1]), json=declined)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "bank_has_it")
    assert (await second.put(path.format(numbers[1]), json={"decision": "approved", "note": "Seen"})).status_code == 200
    assert (await balances(as_admin))["bank"] == 500_000


SETTLED = "payment,pay_1,125000.50,2950.01,450.00,setl_1,UTRS1,25/11/2026\n"


@pytest.fixture
def two_payments(voice: Voice, make_case: MakeCase, link: Any, client: httpx.AsyncClient, run_jobs: RunJobs) -> Any:
    """Two cases paid through the gateway: pay_1 and pay_2; the gateway account's number."""

    async def make() -> int:
        for number in ("pay_1", "pay_2"):
            order = await order_of(await make_case(), client, link)
            await voice.say(payment_event(order, number, 12_500_050, "captured"))
        await run_jobs()
        (account,) = await rows("select min(provider_id) as id from payment_attempts")
        return int(account["id"])

    return make


async def test_settlement_file_with_one_missing_line(
    as_admin: httpx.AsyncClient, two_payments: Any, clock: FixedClock, gateway: Vendors
) -> None:
    account = await two_payments()
    await apply(as_admin, await taken(as_admin, SETTLEMENT + SETTLED, "settlement", providerId=account))
    assert await open_exceptions(as_admin) == []  # the second may still come
    clock.moment += timedelta(days=5)
    signed_in = await as_admin.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    as_admin.headers["authorization"] = f"Bearer {signed_in.json()['data']['token']}"
    await jobs.reconcile.func(timestamp=0)
    assert await open_exceptions(as_admin) == [("missing_at_bank", 122_050.49), ("missing_in_settlement", 125_000.50)]
    bank = await taken(as_admin, BANK + "26/11/2026,RAZORPAY SOFTWARE setl_1,UTRS1,,122050.49\n")
    assert bank["settlements"] == 1
    await apply(as_admin, bank)
    assert await open_exceptions(as_admin) == [("missing_in_settlement", 125_000.50)]
    late = "payment,pay_2,125000.50,2950.01,450.00,setl_2,UTRS2,29/11/2026\n"
    await apply(as_admin, await taken(as_admin, SETTLEMENT + late, "settlement", providerId=account))
    assert await open_exceptions(as_admin) == []
    assert await balances(as_admin) == {
        "bank": 122_050.49, "settlement_clearing": 122_050.49, "fees": 5000.02, "gst": 900, "premium": -250_001,
    }  # fmt: skip


async def test_what_the_gateway_settles_otherwise_is_an_exception(
    as_admin: httpx.AsyncClient, two_payments: Any, clock: Any, gateway: Vendors
) -> None:
    account = await two_payments()
    text = SETTLEMENT + (
        "payment,pay_1,125000.00,0,0,setl_1,UTRS1,24/11/2026\npayment,pay_9,50,0,0,setl_1,UTRS1,24/11/2026\n"
        "adjustment,adj_1,-7.50,0,0,setl_1,UTRS1,24/11/2026\npayment,pay_1,125000.00,0,0,setl_1,UTRS1,24/11/2026\n"
        "payment,pay_2,10,1,2,setl_1,UTRS1,24/11/2026\n"
    )
    statement = await taken(as_admin, text, "settlement", providerId=account)
    assert [each["outcome"] for each in await lines_of(as_admin, statement)] == [
        "matched", "unmatched", "matched", "duplicate", "invalid",
    ]  # fmt: skip
    await apply(as_admin, statement)
    assert await open_exceptions(as_admin) == [("settlement_differs", -0.5), ("unknown_in_settlement", 50)]
    await apply(as_admin, await taken(as_admin, BANK + "24/11/2026,RAZORPAY,UTRS1,,125000\n"))
    assert ("bank_differs", -42.5) in await open_exceptions(as_admin)


async def test_a_deposit_that_was_booked_before_its_settlement_finds_it(
    as_admin: httpx.AsyncClient, two_payments: Any, clock: Any, gateway: Vendors
) -> None:
    account = await two_payments()
    await apply(as_admin, await taken(as_admin, BANK + "25/11/2026,RAZORPAY,UTRS1,,122050.49\n"))
    assert await open_exceptions(as_admin) == [("unmatched_receipt", 122_050.49)]
    await apply(as_admin, await taken(as_admin, SETTLEMENT + SETTLED, "settlement", providerId=account))
    assert await open_exceptions(as_admin) == []
    assert "suspense" not in await balances(as_admin)
    assert "settlement_clearing" not in await balances(as_admin)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Value Date,Narration\n24/11/2026,x\n", "columns_missing"),
        ("Value Date,Narration,UTR No,Credit\n", "no_rows"),
        ("", "file_empty"),
    ],
)
async def test_a_file_that_is_no_statement_is_refused(
    as_admin: httpx.AsyncClient, clock: Any, text: str, code: str
) -> None:
    answer = await upload(as_admin, text)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), answer.text


async def test_files_belong_to_their_client_and_to_those_who_look_after_billing(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    statement = await taken(as_admin, BANK + "24/11/2026,NEFT,UTR0001,,5\n")
    agent = await as_role("agent")
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    foreign = await as_role("client_admin", client_id=made.json()["data"]["id"])
    path = f"/api/payments/statements/{statement['id']}"
    for person, status in ((agent, 403), (foreign, 404)):
        for method, where in (("GET", path), ("GET", f"{path}/lines"), ("POST", f"{path}/apply"), ("DELETE", path)):
            assert (await person.request(method, where)).status_code == status, (method, where)
    assert (await upload(foreign, SETTLEMENT + SETTLED, "settlement", providerId=1)).status_code == 404
    assert (await as_admin.delete(path)).status_code == 200
    assert (await upload(as_admin, BANK + "24/11/2026,NEFT,UTR0001,,5\n")).status_code == 201
