"""What a permanent account number says about itself.

AAAPL1234C: the fourth letter is the class of its holder, the fifth the first letter of the surname (of a person) or of the name
(of others), then a serial number that is never 0000. Source: Income Tax Department, "Know your PAN". The last letter is a check
letter whose rule is not public.
"""

from typing import Final

HOLDERS: Final = {
    "P": "a person", "C": "a company", "H": "a Hindu undivided family", "F": "a firm", "A": "an association of persons",
    "T": "a trust", "B": "a body of individuals", "L": "a local authority", "J": "an artificial juridical person",
    "G": "the government",
}  # fmt: skip


def fault(pan: str, first_name: str, last_name: str) -> str | None:
    """Why a PAN cannot be this customer's, as a sentence; None when nothing speaks against it."""
    holder = HOLDERS.get(pan[3])
    if holder is None:
        return f"“{pan[3]}” at the fourth place is not a class of PAN holders."
    if pan[5:9] == "0000":
        return "Its serial number is 0000, which is never given out."
    named = (last_name or first_name).strip().upper()
    if pan[3] == "P" and named[:1].isascii() and named[:1].isalpha() and pan[4] != named[:1]:
        return f"The fifth letter of a person's PAN is that of the surname: “{named[:1]}”, not “{pan[4]}”."
    return None
