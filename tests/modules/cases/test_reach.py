"""Who sees and touches which case: every role at every address."""

from py360.modules.identity import catalogue

READS = ("", "/history", "/comments", "/communications")
WRITES = (
    ("PUT", "", {"version": 1}),
    ("PATCH", "/quick-edit", {"nextActionPlan": "x"}),
    ("PUT", "/priority", {"isPriority": True}),
    ("PUT", "/assign", {"agentId": None}),
    ("POST", "/comments", {"text": "x"}),
    ("POST", "/escalate", {"escalatedTo": 1, "reason": "x"}),
    ("POST", "/messages", {"channel": "sms", "message": "x"}),
    ("POST", "/communications", {"channel": "sms", "message": "x"}),
)
ROLES = {role.name: role for role in catalogue.PRESET_ROLES}


async def test_nobody_without_signing_in(client, make_case) -> None:
    case = await make_case()
    for path in ("/api/cases", "/api/cases/closed", "/api/logs", *(case.path + part for part in READS)):
        assert (await client.get(path)).status_code == 401, path
    for method, part, body in WRITES:
        assert (await client.request(method, case.path + part, json=body)).status_code == 401, part
    for path in ("bulk-update-status", "bulk-assign", "bulk-update-policy-status"):
        assert (await client.put(f"/api/cases/{path}", json={})).status_code == 401


async def test_out_of_reach_is_not_found_and_without_right_forbidden(as_role, make_case, rows) -> None:
    for name, role in sorted(ROLES.items()):
        person = await as_role(name)
        case = await make_case("in_progress")  # neither node nor assignee: only `all` sees it
        sees = role.reach == "all"
        reads = "cases" in role.permissions or "closed-cases" in role.permissions
        for part in READS:
            expected = 403 if not reads else 200 if sees else 404
            assert (await person.get(case.path + part)).status_code == expected, (name, part)
        if "cases" in role.permissions:
            listed = (await person.get("/api/cases")).json()["data"]["cases"]
            assert (f"CASE-{case.id}" in {each["id"] for each in listed}) is sees, name
        for method, part, body in WRITES:
            answer = await person.request(method, case.path + part, json=body)
            forbidden = "cases" not in role.permissions or name in catalogue.READ_ONLY_ROLES
            if forbidden:
                assert answer.status_code == 403, (name, part, answer.text)
            elif not sees:
                assert answer.status_code == 404, (name, part, answer.text)
            else:
                assert answer.status_code not in (401, 403, 404), (name, part, answer.text)
        if not sees:
            assert await rows("select 1 from case_history where case_id = %(id)s", id=case.id) == []


async def test_team_and_subtree_see_their_nodes(as_role, make_case, rows) -> None:
    from py360.modules.identity import api as identity

    specialist, manager, agent = [await as_role(name) for name in ("renewals_specialist", "manager", "agent")]
    region, branch = [
        (
            await rows(
                "insert into organizational_hierarchy (client_id, name, type, parent_id, path)"
                " values (1, %(name)s, %(type)s, %(up)s, '0') returning id",
                name=name,
                type=kind,
                up=None,
            )
        )[0]["id"]
        for name, kind in (("West", "region"), ("Pune", "branch"))
    ]
    await rows("update organizational_hierarchy set path = id::text::ltree where id = %(id)s returning 1", id=region)
    await rows(
        "update organizational_hierarchy set parent_id = %(up)s, path = (%(up)s::text || '.' || id)::ltree where id = %(id)s returning 1",
        up=region,
        id=branch,
    )
    for person, node in ((specialist, region), (manager, region), (agent, region)):
        await rows(
            "insert into user_home_nodes (user_id, node_id, valid_from) values (%(u)s, %(n)s, '2020-01-01') returning 1",
            u=person.user["id"],
            n=node,
        )
    identity.forget_callers()
    at_region, at_branch = await make_case(node=region), await make_case(node=branch)
    mine = await make_case(agent=agent.user["id"])
    for person, seen in (
        (specialist, {at_region.number}),
        (manager, {at_region.number, at_branch.number}),
        (agent, {mine.number}),
    ):
        listed = (await person.get("/api/cases")).json()["data"]["cases"]
        assert {row["id"] for row in listed} == seen


async def test_another_clients_case_is_nobodys(as_role, make_case, rows) -> None:
    (other,) = await rows("insert into clients (client_code, client_name) values ('CLIENT-X', 'Other') returning id")
    theirs = await make_case("in_progress", client=other["id"])
    person = await as_role("client_admin")
    assert (await person.get(theirs.path)).status_code == 404
    assert (await person.get("/api/cases")).json()["data"]["cases"] == []
    answer = await person.put("/api/cases/bulk-update-status", json={"caseIds": [theirs.number], "status": "failed"})
    assert answer.json()["data"]["updatedCount"] == 0
