"""The gateway's memory of its payment links: a small SQLite file, so that a link survives a restart of the sandbox."""

import sqlite3
from pathlib import Path
from typing import Any

import orjson


class LinkBook:
    """Payment links by id, and their payments."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "payment_links.sqlite3")
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = off")
        self._file.execute(
            "create table if not exists links (id text primary key, reference text unique, document blob not null)"
        )
        self._file.execute("create table if not exists payments (id text primary key, document blob not null)")
        self._file.execute("create table if not exists refunds (payment text, receipt text, document blob not null)")

    def add(self, link: dict[str, Any]) -> bool:
        """Keep a new link; False when its reference_id was used before."""
        try:
            self._file.execute(
                "insert into links values (?, ?, ?)", (link["id"], link["reference_id"] or None, orjson.dumps(link))
            )
        except sqlite3.IntegrityError:
            return False
        return True

    def save(self, link: dict[str, Any]) -> None:
        """Keep what became of a link."""
        self._file.execute("update links set document = ? where id = ?", (orjson.dumps(link), link["id"]))

    def save_payment(self, payment: dict[str, Any]) -> None:
        """Keep a payment."""
        self._file.execute("insert or replace into payments values (?, ?)", (payment["id"], orjson.dumps(payment)))

    def link(self, link_id: str) -> dict[str, Any] | None:
        """A link by its id."""
        return self._one("select document from links where id = ?", link_id)

    def by_reference(self, reference: str) -> dict[str, Any] | None:
        """A link by the merchant's reference."""
        return self._one("select document from links where reference = ?", reference)

    def newest(self, count: int) -> list[dict[str, Any]]:
        """The links made last, the newest first."""
        rows = self._file.execute("select document from links order by rowid desc limit ?", (count,))
        return [orjson.loads(row[0]) for row in rows]

    def payment(self, payment_id: str) -> dict[str, Any] | None:
        """A payment by its id."""
        return self._one("select document from payments where id = ?", payment_id)

    def add_refund(self, refund: dict[str, Any]) -> None:
        """Keep a refund."""
        row = (refund["payment_id"], refund["receipt"], orjson.dumps(refund))
        self._file.execute("insert into refunds values (?, ?, ?)", row)

    def refunds(self, payment_id: str) -> list[dict[str, Any]]:
        """The refunds of a payment, oldest first."""
        rows = self._file.execute("select document from refunds where payment = ? order by rowid", (payment_id,))
        return [orjson.loads(row[0]) for row in rows]

    def refund_with(self, payment_id: str, receipt: str | None) -> dict[str, Any] | None:
        """The refund that was asked for with this receipt before: the same request again is the same refund."""
        return next((one for one in self.refunds(payment_id) if receipt and one["receipt"] == receipt), None)

    def _one(self, statement: str, key: str) -> dict[str, Any] | None:
        row = self._file.execute(statement, (key,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
