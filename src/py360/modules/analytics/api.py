"""What entrypoints and tests may call."""

from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.analytics.filters import Filters, scope_of
from py360.modules.analytics.queries.overview import stats
from py360.modules.analytics.service.fold import fold_all, rebuild

__all__ = ["figures_in_words", "fold_all", "rebuild"]


async def figures_in_words(reads: Reads, caller: Caller) -> str:
    """The dashboard's figures of all days, within the caller's reach, one a line; amounts in INR."""
    found = await stats(reads, caller, scope_of(Filters(), resources.current().clock.today()), None)
    return "\n".join(
        (
            f"Cases: {found['totalCases']:,}",
            f"In progress: {found['inProgress']:,}",
            f"Renewed: {found['renewed']:,}",
            f"Waiting for action: {found['pendingAction']:,}",
            f"Failed: {found['errors']:,}",
            f"Collected: INR {found['paymentCollected']:,.2f}",
            f"Still to be paid: INR {found['paymentPending']:,.2f}",
        )
    )
