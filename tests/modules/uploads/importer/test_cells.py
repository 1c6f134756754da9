"""What cells say: contacts, names, amounts, dates and words as offices and programs write them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py360.kit.addresses import mailbox
from py360.kit.resources import Resources
from py360.modules.uploads.importer.cells import contacts
from tests.factories.policy_files import HEADINGS, Send, csv_of, imported, row


async def issues(client: httpx.AsyncClient, errors_url: str, severity: str = "error") -> list[str]:
    """The codes of what was wrong, row by row."""
    answer = await client.get(errors_url, params={"severity": severity, "limit": 100})
    return [item["code"] for item in answer.json()["data"][f"{severity}s"]]


async def sent(send: Send, over: Sequence[Mapping[str, str]], headings: Sequence[str] = HEADINGS) -> dict[str, Any]:
    """Send one file with a row for each of these."""
    return await send(csv_of([row(number, **each) for number, each in enumerate(over, 1)], headings))


async def test_a_moment_is_its_date_in_india(send: Send, resources: Resources) -> None:
    moments = [
        ("2026-12-18T18:30:00.000Z", 19), ("2026-12-18T18:30:00+00:00", 19), ("2026-12-18 18:30:00 UTC", 19),
        ("2026-12-19T00:00:00+05:30", 19), ("2026-12-18T18:29:59Z", 18), ("2026-12-19T02:00:00+0900", 18),
        ("18/12/2026 18:30 GMT", 19), ("2026-12-19 00:00:00", 19), ("2026-12-18T18:30:00Z[UTC]", 19), ("2026-12-18T18:30[GMT]", 19),
        ("2026-12-19T10:00:00+05:30[Asia/Kolkata]", 19),
    ]  # fmt: skip
    await sent(send, [{"Policy Expiry Dt": moment} for moment, _ in moments])
    found = (await imported(resources.reads)).values()
    assert [policy.end for policy in found] == [date(2026, 12, day) for _, day in moments]


async def test_a_usable_mobile_is_taken_out_of_a_cell(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    cells = [
        ("9876543210 9812345678", "9876543210"), ("022-24441234 / 9876543211", "9876543211"), ("M: 9876543213", "9876543213"),
        ("9876543214 (Ramesh)", "9876543214"), ("+91-98765-43215 & 9812345670", "9876543215"), ("98765.43216", "9876543216"),
        ("9876543217;9812345671", "9876543217"), ("9876543218.0", "9876543218"), ("୯୮୭୬୫୪୩୨୧୯", "9876543219"),
        ("９８７６５４３２２０", "9876543220"), ("۹۸۷۶۵۴۳۲۲۱", "9876543221"), ("+44 7911 123456; 9876543222", "9876543222"),
    ]  # fmt: skip
    data = await sent(send, [{"Mobile No": cell, "E-mail ID": ""} for cell, _ in cells])
    assert [policy.phone for policy in (await imported(resources.reads)).values()] == [
        f"+91{phone}" for _, phone in cells
    ]
    several = [cell for cell, _ in cells if sum(char.isdigit() for char in cell) > 15]
    assert await issues(as_admin, data["errorsUrl"], "warning") == ["phone_several"] * len(several)


async def test_what_people_type_where_there_is_no_contact_is_none(send: Send, as_admin: httpx.AsyncClient) -> None:
    """Somebody has the number 99999 99999, and would get every such customer's messages."""
    contacts_typed = [("9999999999", ""), ("+91 88888 88888", ""), ("", "noemail@noemail.com"), ("7777777777", "na@na.com"), ("", "test@gmail.com")]  # fmt: skip
    data = await sent(send, [{"Mobile No": phone, "E-mail ID": email} for phone, email in contacts_typed])
    assert await issues(as_admin, data["errorsUrl"]) == ["no_valid_contact"] * len(contacts_typed)


async def test_a_form_of_address_or_a_number_alone_is_no_name(send: Send, as_admin: httpx.AsyncClient) -> None:
    titles = ["12345", "Dear Customer", "Mr.", "MR", "Smt", "Shri", "M/s", "Ms.", "श्री"]
    data = await sent(send, [{"Insured Name": title} for title in titles])
    assert await issues(as_admin, data["errorsUrl"]) == ["name_missing"] * len(titles)


async def test_a_landline_or_a_number_of_another_country_is_no_mobile(send: Send, as_admin: httpx.AsyncClient) -> None:
    cells = ["079-26401234", "0612-2345678", "(080) 22334455", "+44 7911 123456", "+65 8123 4567", "0065 8123 4567"]
    data = await sent(send, [{"Mobile No": cell, "E-mail ID": ""} for cell in cells])
    assert await issues(as_admin, data["errorsUrl"]) == ["no_valid_contact"] * len(cells)


async def test_a_usable_address_is_taken_out_of_a_cell(send: Send, resources: Resources) -> None:
    """Half of an address with a space in it would be another's."""
    cells: list[tuple[str, str | None]] = [
        ("a@example.in; b@example.in", "a@example.in"), ("a@example.in / b@example.in", "a@example.in"),
        ("Asha <asha@example.in>", "asha@example.in"), ("nomail; b@example.in", "b@example.in"),
        ("asha rao@example.in", None), ("asha @example.in", None), ("asha@example.in.", "asha@example.in"), ("आशा@उदाहरण.भारत", "आशा@xn--p1b6ci4b4b3a.xn--h2brj9c"),
        ("Info@BÜCHER.example; b@example.in", "info@xn--bcher-kva.example"), ("asha@xn--bcher-kva.example", "asha@xn--bcher-kva.example"),
        ("asha@example.xn--h2brj9c", "asha@example.xn--h2brj9c"), ("a" * 65 + "@example.in", None), ("आशा <asha@example.in>", "asha@example.in"),
    ]  # fmt: skip
    await sent(send, [{"E-mail ID": cell} for cell, _ in cells])
    assert [policy.email for policy in (await imported(resources.reads)).values()] == [email for _, email in cells]


@given(st.emails() | st.from_regex(r"[-a-z0-9.+_'é]{1,70}@[-a-z0-9.ü]{1,70}", fullmatch=True))
def test_an_address_is_one_here_where_it_is_one_elsewhere(text: str) -> None:
    (found,) = contacts.emails(pl.Series([text])).values
    expected = mailbox(text.lower().rstrip("."))
    assert found == (expected.lower() if expected else None) or any(mark in text for mark in ";,|/ ")


async def test_titles_are_left_out_and_names_are_kept(send: Send, resources: Resources) -> None:
    cells = [
        ("MS Subramanian", "MS Subramanian"), ("Sri Vidya Raman", "Sri Vidya Raman"), ("Kum Kum Bhagat", "Kum Kum Bhagat"),
        ("Ms. Leela Menon", "Leela Menon"), ("MS. Dhoni", "MS. Dhoni"), ("MS. LEELA MENON", "LEELA MENON"), ("Ms. Leela", "Leela"),
        ("Ms Leela Menon", "Leela Menon"), ("MR.RAMESH PAWAR", "RAMESH PAWAR"),
        ("Smt.Sita Devi", "Sita Devi"), ("M/s. Total Logistics Pvt Ltd", "M/s. Total Logistics Pvt Ltd"),
        ("Shri Ganesh Motors", "Shri Ganesh Motors"), ("Mrinal Sen", "Mrinal Sen"), ("Shrikant Rao", "Shrikant Rao"),
        ("Mr. & Mrs. Rao", "Mr. & Mrs. Rao"), ("श्रीमती सीता देवी", "सीता देवी"),
    ]  # fmt: skip
    await sent(send, [{"Insured Name": cell} for cell, _ in cells])
    assert [policy.name for policy in (await imported(resources.reads)).values()] == [name for _, name in cells]


@pytest.mark.parametrize("cell", ["845.00 Cr", '"12,845.00 Cr"', "12845.00 Dr", "845 CR.", "12845Dr", "845 Cr"])
async def test_a_ledgers_marks_are_no_crores(send: Send, as_admin: httpx.AsyncClient, cell: str) -> None:
    rows = [row(1, **{"Last Premium (INR)": cell}), row(2, **{"Last Premium (INR)": "900.00 Dr"})]
    data = await send(csv_of(rows))
    assert await issues(as_admin, data["errorsUrl"]) == ["amount_of_ledger", "amount_of_ledger"]


async def test_two_amounts_in_a_cell_are_not_one(send: Send, as_admin: httpx.AsyncClient) -> None:
    cells = ["10000 11800", "Rs.8450 Rs.9000", "500/-450/-", "8 45"]
    data = await sent(send, [{"Last Premium (INR)": cell} for cell in cells])
    assert await issues(as_admin, data["errorsUrl"]) == ["premium_not_a_number"] * len(cells)


async def test_crores_are_crores(send: Send, resources: Resources) -> None:
    await send(csv_of([row(1, **{"Renewal Premium (INR)": "1.5 Cr"})]))
    assert [policy.premium for policy in (await imported(resources.reads)).values()] == [Decimal(15_000_000)]


async def test_a_renewal_amount_that_says_nothing_leaves_the_premium(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    cells = [" -   ", "—", "NA", "N.A.", "#N/A", "0", "0.00", "", "₹ -", "Rs. -"]
    none_before = {"Last Premium (INR)": "₹ -   "}  # and the other way round
    data = await sent(send, [*({"Renewal Premium (INR)": cell} for cell in cells), none_before])
    assert data["failedRecords"] == 0
    premiums = [policy.premium for policy in (await imported(resources.reads)).values()]
    assert premiums[:-1] == [Decimal(10_000 + number) for number in range(1, len(cells) + 1)]
    assert await issues(as_admin, data["errorsUrl"], "warning") == ["renewal_amount_error"]


async def test_a_cover_is_no_kind_of_policy(send: Send, resources: Resources) -> None:
    policies = [
        ("Private Car", "Liability Only", "motor"), ("Two Wheeler", "LIABILITY", "motor"), ("GCV 3W", "Act Only", "motor"),
        ("Private Car", "Third Party Liability", "motor"), ("Home Insurance", "Long Term", "home"), ("Fire", "Long Term Policy", "commercial"),
        ("Two Wheeler", "Long Term 5 Years", "motor"), ("Arogya Sanjeevani", "Individual", "health"), ("Jeevan Anand", "New", "life"),
        ("", "Public Liability", "commercial"), ("", "Term Plan", "life"), ("Travel Guard", "Comprehensive", "travel"),
        ("", "Liability Only", "motor"), ("", "TW LONG TERM", "motor"), ("", "Auto parts shop package", "commercial"),
    ]  # fmt: skip
    rows = [[*row(number, Product=product), cover] for number, (product, cover, _) in enumerate(policies, 1)]
    await send(csv_of(rows, [*HEADINGS, "Policy Type"]))
    assert [policy.type for policy in (await imported(resources.reads)).values()] == [kind for *_, kind in policies]


async def test_modes_of_payment_as_insurers_shorten_them(send: Send, resources: Resources) -> None:
    modes = [
        ("YLY", "annual"), ("Yrly", "annual"), ("HLY", "half_yearly"), ("Half-Yly", "half_yearly"), ("6 monthly", "half_yearly"),
        ("QLY", "quarterly"), ("Qtrly", "quarterly"), ("MLY", "monthly"), ("SSS", "monthly"), ("NACH", "monthly"), ("ECS", "monthly"),
        ("Single", "one_time"), ("ECS Quarterly", "quarterly"), ("ECS-MLY", "monthly"), ("Anually", "annual"), ("अर्ध-वार्षिक", "half_yearly"),
    ]  # fmt: skip
    await sent(send, [{"Pay Freq": mode} for mode, _ in modes])
    assert [policy.frequency for policy in (await imported(resources.reads)).values()] == [each for _, each in modes]


async def test_a_mistyped_year_is_reported(send: Send, as_admin: httpx.AsyncClient) -> None:
    terms = [
        ("20/12/2025", "19/12/2062", "end_date_too_far"), ("20/12/2025", "19/12/99", "end_date_too_far"),
        ("20/12/1925", "19/12/2026", "start_date_too_far"), ("20/12/2035", "19/12/2036", "start_date_ahead"),
    ]  # fmt: skip
    data = await sent(send, [*({"Policy Start Dt": start, "Policy Expiry Dt": end} for start, end, _ in terms), {}])
    assert await issues(as_admin, data["errorsUrl"]) == [code for *_, code in terms]
    assert data["successfulRecords"] == 1


async def test_a_due_date_with_a_mistyped_year_is_the_expiry_date(send: Send, as_admin: httpx.AsyncClient) -> None:
    heads = [*HEADINGS, "Renewal Date"]
    due = ["19/12/2062", "19/12/1926", "19/12/2016", "19/11/2026"]
    data = await send(csv_of([[*row(number), each] for number, each in enumerate(due, 1)], heads))
    listed = await as_admin.get(data["errorsUrl"], params={"severity": "warning"})
    warnings = listed.json()["data"]["warnings"]
    assert [(each["row"], each["code"]) for each in warnings] == [(at, "renewal_date_invalid") for at in (2, 3, 4)]
    cases = (await as_admin.get("/api/cases", params={"sort": "policyNumber"})).json()["data"]["cases"]
    assert sorted(case["renewalDate"] for case in cases) == ["2026-11-19", *["2026-12-19"] * 3]


async def test_a_life_cover_may_last_decades(send: Send) -> None:
    over = {"Product": "Jeevan Anand", "Policy Start Dt": "28/03/2010", "Policy Expiry Dt": "28/03/2045"}
    assert (await send(csv_of([row(1, **over)])))["successfulRecords"] == 1
