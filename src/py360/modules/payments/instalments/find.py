"""An instalment by what the wire calls it."""

from py360.kit.errors import NotFound
from py360.kit.ids import number as key
from py360.modules.payments.balance import Balance, Part
from py360.modules.payments.queries import WHOLE


def find(case: Balance, instalment: str) -> Part:
    """The instalment with this code; `renewal` is the amount of a case without instalments. Raises NotFound."""
    number = None if instalment == WHOLE else key("outstanding", instalment)
    for part in case.parts:
        if part.instalment.id == number:
            return part
    raise NotFound(f"{case.case_number} has no instalment {instalment[:60]}.")
