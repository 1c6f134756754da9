"""`py360 demo`: the main job through the public API only, from a policy file to renewed and paid policies, and its funnel."""

import asyncio
import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import orjson
from python_calamine import CalamineError
from rich.console import Console

from py360.entrypoints import home
from py360.entrypoints.demo import instance, totals, vendors
from py360.entrypoints.demo.answers import ImportedFile
from py360.entrypoints.demo.follow import Watch
from py360.entrypoints.demo.funnel import Funnel, table
from py360.entrypoints.demo.office import Office, Refused, opened
from py360.entrypoints.demo.vendors import CHANNELS, Vendors
from py360.entrypoints.home import Refusal
from py360.kit.clock import SystemClock
from py360.kit.settings import Settings
from py360.samples import portfolio, trim

PURPOSE: Final = "renewal"
LINK: Final = "payment_link"
BIG: Final = 5_000  # rows; beyond it the vendors are asked to be brief
SEEDS: Final = 1_000_000


def run(settings: Settings, file: Path | None, rows: int | None, as_json: bool) -> int:
    """Do the whole job and print the funnel; the exit status: 1 when a count does not add up. Raises Refusal.

    Runs on the installation at the settings' home and port, or on one that is started for it and stopped again.
    """
    console = Console(stderr=True, highlight=False, quiet=as_json)
    with tempfile.TemporaryDirectory(prefix="py360-demo-") as folder:
        path = _file(Path(folder), file, rows)
        with instance.running(settings) as started, instance.turn(settings, console):
            if started:
                console.print("Nothing ran here yet: Py360 was started for the demo and will be stopped afterwards.")
            try:
                funnel = asyncio.run(_renew(settings, path, console))
            except Refused as reason:
                raise Refusal(str(reason)) from reason
    return _report(funnel, as_json)


def _file(folder: Path, file: Path | None, rows: int | None) -> Path:
    """The file to upload: the given one, a short copy of it, or a new sample."""
    if file is None:
        path = folder / f"renewals_due_{secrets.token_hex(2)}.xlsx"
        return portfolio.write(path, secrets.randbelow(SEEDS), rows or portfolio.USUAL_ROWS, SystemClock().today()).path
    if not file.is_file():
        raise Refusal(f"There is no file {file}.")
    if rows is None:
        return file
    try:
        return trim.trim(file, folder, rows)
    except (OSError, ValueError, CalamineError) as error:
        raise Refusal(f"Cannot read {file}: {error}") from error


def _report(funnel: Funnel, as_json: bool) -> int:
    problems = funnel.problems()
    if as_json:
        print(orjson.dumps(funnel.as_json(), option=orjson.OPT_INDENT_2).decode())
        return bool(problems)
    out = Console(highlight=False)
    out.print(table(funnel))
    for note in funnel.notes:
        out.print(note)
    if not problems:
        out.print(f"[green]Everything adds up.[/] {funnel.seconds:.0f} s from the file to the last payment.")
    for problem in problems:
        out.print(f"[red]Does not add up:[/] {problem}")
    return bool(problems)


async def _renew(settings: Settings, path: Path, console: Console) -> Funnel:
    began = time.monotonic()
    since = datetime.now(UTC)
    async with (
        opened(settings.local_url, settings.admin_email, _password(settings)) as office,
        aiohttp.ClientSession() as http,
    ):
        await _only_sandboxes(office)
        sandbox = Vendors(http, settings)
        await sandbox.begin(f"demo {secrets.token_hex(4)}")
        with Watch(office, console) as watch:
            upload = ImportedFile.model_validate(await watch.upload(await office.upload(path)))
            if upload.successful_records > BIG:
                await sandbox.hurry()
            campaign = await _campaign(office, upload.upload_id, path.stem)
            if campaign is not None:
                await watch.campaign(campaign)
            notes = await watch.answers(sandbox, campaign)
            return await _funnel(office, sandbox, upload, campaign, since, notes, began)


def _password(settings: Settings) -> str:
    path = settings.home / home.PASSWORD_FILE
    if not settings.admin_password and not path.exists():
        raise Refusal(f"No password for {settings.admin_email}: set PY360_ADMIN_PASSWORD, {path} does not exist.")
    return home.first_password(settings)


async def _only_sandboxes(office: Office) -> None:
    """Raise Refusal when any message of the demo could reach a real person."""
    accounts = (await office.get("/providers", active="true"))["providers"]
    real = sorted({f"{one['name']} ({one['channel']})" for one in accounts if not one["isSandbox"]})
    if real:
        raise Refusal(f"The demo runs with sandbox accounts only, but real ones are active: {', '.join(real)}.")


async def _campaign(office: Office, upload: str, name: str) -> str | None:
    """A campaign on all channels for the upload's accepted rows; None when there is no recipient left."""
    templates = {channel: await _template(office, channel) for channel in CHANNELS}
    wanted = {
        "name": f"Demo {name}"[:200],
        "type": list(CHANNELS),
        "purpose": PURPOSE,
        "uploadId": upload,
        "templates": templates,
        "scheduleType": "immediate",
        "tags": ["demo"],
    }
    try:
        return str((await office.post("/campaigns", wanted))["parentId"])
    except Refused as reason:
        if reason.code == "no_recipients":
            return None
        raise


async def _template(office: Office, channel: str) -> str:
    """A renewal letter with the customer's payment link."""
    found = (await office.get("/templates", type=channel, active="true", category=PURPOSE, limit=100))["templates"]
    for template in found:
        if LINK in template["variables"]:
            return str(template["id"])
    raise Refusal(f"There is no active renewal template with {{{{{LINK}}}}} for {channel}. Add one under Templates.")


async def _funnel(
    office: Office,
    sandbox: Vendors,
    upload: ImportedFile,
    campaign: str | None,
    since: datetime,
    notes: tuple[str, ...],
    began: float,
) -> Funnel:
    found = await totals.audience(office, campaign) if campaign else totals.Audience()
    channels = await totals.channels(office, campaign, found) if campaign else ()
    renewed = await totals.renewals(office, found.cases, since)
    gateway_payments, gateway_amount = vendors.captured(await sandbox.counts())
    return Funnel(
        file=upload.original_filename,
        rows=upload.total_records,
        accepted=upload.successful_records,
        failed=upload.failed_records,
        new=upload.new_records,
        changed=upload.changed_records,
        unchanged=upload.unchanged_records,
        channels=channels,
        cases_written_to=len(found.written_to),
        cases_reached=len(found.reached),
        cases_opened=len(found.opened),
        cases_clicked=len(found.clicked),
        payments=renewed.payments,
        renewed=renewed.cases,
        rolled=renewed.rolled,
        gateway_payments=gateway_payments,
        paid_amount=renewed.paid,
        renewed_amount=renewed.amount,
        gateway_amount=gateway_amount,
        seconds=round(time.monotonic() - began, 1),
        notes=notes if campaign else ("No message was sent: every case of this file is closed already.",),
    )
