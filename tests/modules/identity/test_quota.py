"""Requests are counted for each user, and the answers show what is left."""

from datetime import timedelta

from py360.kit.limits import Quota


def _left(answer) -> tuple[str, ...]:
    return tuple(answer.headers[f"ratelimit-{word}"] for word in ("limit", "remaining", "reset"))


async def test_answers_tell_the_quota_until_it_is_used_up(as_admin, as_role, client, resources, clock) -> None:
    clock.moment = clock.now().replace(second=20, microsecond=0)
    agent = await as_role("agent")
    resources.quota = Quota(resources.cache, 3)
    told = [_left(await agent.get("/api/cases")) for _ in range(3)]
    assert told == [("3", "2", "40"), ("3", "1", "40"), ("3", "0", "40")]

    refused = await agent.get("/api/cases")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert _left(refused) == ("3", "0", "40")
    assert refused.headers["retry-after"] == "40"

    assert (await as_admin.get("/api/cases")).status_code == 200  # everybody has their own
    assert "ratelimit-limit" not in (await client.get("/api/health")).headers
    clock.moment += timedelta(seconds=40)
    assert (await agent.get("/api/cases")).status_code == 200


async def test_processes_share_a_quota_within_a_second(resources) -> None:
    here, there = Quota(resources.cache, 100), Quota(resources.cache, 100)
    for _ in range(10):
        await here.spend("7", 1000.0)
    assert (await there.spend("7", 1000.5)).remaining == 98  # has received the first
    assert (await here.spend("7", 1001.0)).remaining == 88
    assert (await there.spend("7", 1001.5)).remaining == 87


async def test_counting_goes_on_without_the_cache(resources) -> None:
    import redis.asyncio

    async with redis.asyncio.from_url("redis://127.0.0.1:1") as away:
        quota = Quota(away, 2)
        assert [(await quota.spend("7", 1000.0 + second)).remaining for second in range(3)] == [1, 0, -1]
