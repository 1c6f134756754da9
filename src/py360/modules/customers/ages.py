"""Ages follow from dates of birth; where none is known, the stated age is used."""

from datetime import date

from py360.kit.free_json import FreeJson


def age_on(day: date, born: date | None) -> int | None:
    """Whole years; None without a date of birth."""
    if born is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def with_age(person: FreeJson | None, today: date) -> FreeJson | None:
    """A stored person of a policy, with the age of today where the date of birth is known."""
    if person is None or not isinstance(born := person.get("dateOfBirth"), str):
        return person
    return {**person, "age": age_on(today, date.fromisoformat(born))}
