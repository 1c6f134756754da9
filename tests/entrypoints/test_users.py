"""Accounts from the command line are checked like those of the API."""

import pytest

from py360.entrypoints import users
from py360.kit.db import unit_of_work
from py360.kit.errors import Invalid
from py360.kit.resources import Resources
from py360.modules.identity import api as identity

GOOD = {"email": "asha@example.com", "name": "Asha Rao", "role": "agent", "password": "a long enough secret 1"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "nonsense"}, "bad_email"),
        ({"password": "abc"}, "password_length"),
        ({"password": "password1234"}, "password_common"),
        ({"password": "AshaRao2026!"}, "password_common"),
        ({"role": "emperor"}, "unknown_role"),
    ],
)
async def test_what_the_api_refuses_the_command_line_refuses(
    resources: Resources, change: dict[str, str], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await users.create(**{**GOOD, **change})
    assert refused.value.code == code


async def test_a_reset_checks_the_password_too(resources: Resources) -> None:
    await users.create(**GOOD)
    with pytest.raises(Invalid):
        await users.reset_password(GOOD["email"], "abc")


async def test_a_first_administrator_with_a_weak_password_is_refused_by_name(resources: Resources) -> None:
    async with unit_of_work() as session:
        await (await session.connection()).exec_driver_sql("delete from users")
        with pytest.raises(ValueError, match="PY360_ADMIN_PASSWORD"):
            await identity.ensure_first_admin(session, "admin@py360.test", "admin")
