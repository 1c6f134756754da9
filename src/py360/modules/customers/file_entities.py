"""The customers and policies that documents belong to, within the caller's reach."""

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.customers import queries
from py360.modules.files import api as files


async def customer_entity(reads: Reads, caller: Caller, named: str | int) -> files.Entity:
    """A customer by code, or by our key; raises NotFound."""
    if isinstance(named, str):
        found = await queries.customer(reads, caller, named)
        return files.Entity(found.id, found.client_id, found.customer_code)
    within, params = queries.customers_within(caller)  # who was merged is reached with the customer that was kept
    sql = (
        "select m.id, m.client_id, c.customer_code as code from customers m"
        f" join customers c on c.id = coalesce(m.merged_into, m.id) where m.id = %(id)s and {within}"
    )
    return _found(await reads.fetch_one(files.Entity, sql, {**params, "id": named}), "customer")


async def policy_entity(reads: Reads, caller: Caller, named: str | int) -> files.Entity:
    """A policy by number, or by our key; raises NotFound."""
    if isinstance(named, str):
        found = await queries.policy(reads, caller, named)
        return files.Entity(found.id, found.client_id, found.policy_number)
    within, params = queries.policies_within(caller)
    sql = f"select p.id, p.client_id, p.policy_number as code from policies p where p.id = %(id)s and {within}"
    return _found(await reads.fetch_one(files.Entity, sql, {**params, "id": named}), "policy")


def _found(entity: files.Entity | None, what: str) -> files.Entity:
    if entity is None:
        raise NotFound(f"There is no such {what} within your reach.", code=f"{what}_not_found")
    return entity
