"""A vendor's memory of its objects: a small SQLite file, so that they survive a restart of the sandbox."""

import sqlite3
from pathlib import Path
from typing import Any

import orjson


class ObjectBook:
    """Objects by id, in the order in which they were made; and what requests with an idempotency key were answered."""

    def __init__(self, folder: Path | None, name: str) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(
            ":memory:" if folder is None else str(folder / f"{name}.sqlite3"), isolation_level=None
        )
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = off")
        self._file.execute(
            "create table if not exists objects (id text primary key, kind text, document blob not null)"
        )
        self._file.execute(
            "create table if not exists answers (key text primary key, asked text, document blob not null)"
        )

    def save(self, document: dict[str, Any]) -> None:
        """Keep an object as it is now; its kind is what the vendor calls it (Stripe `object`, Razorpay `entity`)."""
        self._file.execute(
            "insert into objects values (?, ?, ?) on conflict (id) do update set document = excluded.document",
            (document["id"], document.get("object") or document["entity"], orjson.dumps(document)),
        )

    def find(self, number: str) -> dict[str, Any] | None:
        """An object by its id."""
        row = self._file.execute("select document from objects where id = ?", (number,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The objects of a kind, newest first."""
        rows = self._file.execute("select document from objects where kind = ? order by rowid desc", (kind,))
        return [orjson.loads(row[0]) for row in rows]

    def answered(self, key: str) -> tuple[str, dict[str, Any]] | None:
        """What a key was used for, and how it was answered."""
        row = self._file.execute("select asked, document from answers where key = ?", (key,)).fetchone()
        return (row[0], orjson.loads(row[1])) if row else None

    def keep_answer(self, key: str, asked: str, answer: dict[str, Any]) -> None:
        """Remember the answer to a request with a key."""
        self._file.execute("insert or replace into answers values (?, ?, ?)", (key, asked, orjson.dumps(answer)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
