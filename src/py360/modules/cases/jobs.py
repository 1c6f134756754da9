"""The jobs of cases: live news, and the end of grace."""

from py360.modules.cases import announcing, lapsing

tell = announcing.tell
jobs = announcing.jobs


@jobs.periodic(name="cases.lapse", cron="40 18,0,6,12 * * *")
async def lapse(timestamp: int) -> None:
    """Close what is past its grace: soon after midnight in India, and again every six hours for what came in late."""
    await lapsing.lapse_overdue()
