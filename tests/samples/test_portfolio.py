"""The sample portfolio: the same from the same seed, and as untidy as an office's own list."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from py360.samples import portfolio, trim
from py360.samples.portfolio import BAD_ROWS, COLUMN, HEADINGS

TODAY = date(2026, 11, 24)


def lines(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def column(rows: list[list[Any]], heading: str) -> list[Any]:
    return [row[COLUMN[heading]] for row in rows]


def test_the_same_seed_makes_the_same_rows_and_another_seed_other_people() -> None:
    first, again, other = (list(portfolio.policies(seed, 300, TODAY)) for seed in (7, 7, 8))
    assert first == again
    for heading in ("Policy No.", "Cust Code", "Mobile No", "E-mail ID"):
        assert not {str(cell) for cell in column(first, heading)} & {
            str(cell) for cell in column(other, heading) if cell not in ("", "12345")
        }


def test_a_portfolio_has_titles_a_blank_line_a_total_and_bad_rows(tmp_path: Path) -> None:
    sample = portfolio.write(tmp_path / "due.xlsx", 7, 600, TODAY)
    read = lines(sample.path)
    assert "Renewal Due List" in read[0][0]
    assert not any(read[2])
    assert tuple(read[3]) == HEADINGS
    assert read[-1][:2] == ["TOTAL", 600]
    rows = read[4:604]
    spellings = {str(phone)[:1] for phone in column(rows, "Mobile No")}
    assert {"0", "+"} < spellings
    assert any(isinstance(phone, float) for phone in column(rows, "Mobile No"))
    assert any(not name.isascii() for name in column(rows, "Insured Name"))
    assert sample.bad == {
        "no_valid_contact": sum(email == "" for email in column(rows, "E-mail ID")),
        "premium_not_a_number": column(rows, "Renewal Premium (INR)").count("NA"),
        "policy_number_repeated": 600 - len(set(column(rows, "Policy No."))),
        "expiry_before_start": sum(row[COLUMN["Policy Expiry Dt"]] < row[COLUMN["Policy Start Dt"]] for row in rows),
    }
    assert all(sample.bad.values())


def test_good_policies_fall_due_within_the_next_weeks() -> None:
    dues = [
        max(row[COLUMN["Policy Start Dt"]], row[COLUMN["Policy Expiry Dt"]])
        for row in portfolio.policies(3, 500, date(2028, 2, 27))
    ]
    assert min(dues) > date(2028, 2, 27)
    assert max(dues) <= date(2028, 2, 27) + timedelta(days=portfolio.DUE_WITHIN_DAYS)


def test_even_a_small_sample_has_every_kind_of_bad_row(tmp_path: Path) -> None:
    assert portfolio.write(tmp_path / "ten.xlsx", 1, 10, TODAY).bad == dict.fromkeys(BAD_ROWS, 1)


def test_a_workbook_is_cut_below_its_headings(tmp_path: Path) -> None:
    whole = portfolio.write(tmp_path / "due.xlsx", 7, 50, TODAY).path
    (tmp_path / "short").mkdir()
    short = trim.trim(whole, tmp_path / "short", 12)
    assert lines(short) == lines(whole)[:16]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_text_file_keeps_its_bytes(tmp_path: Path, encoding: str) -> None:
    text = 'Renewals,,\r\nPolicy No.,Name,Address\r\nP1,José,"1, MG Road"\r\nP2,Zoë,2 Park\r\nP3,Asha,3 Park\r\n'
    source = tmp_path / "due.csv"
    source.write_bytes(text.encode(encoding))
    (tmp_path / "short").mkdir()
    assert trim.trim(source, tmp_path / "short", 2).read_bytes() == text.encode(encoding).rsplit(b"P3")[0]
