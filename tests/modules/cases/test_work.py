"""Working a case, through HTTP: edits, priority, comments, assignment, bulk changes, escalation, opening by hand."""

from datetime import timedelta

from py360.kit.resources import Resources


async def test_the_whole_case_and_its_version(as_admin, make_case) -> None:
    case = await make_case("in_progress")
    answer = await as_admin.get(case.path)
    data = answer.json()["data"]
    assert answer.headers["etag"] == '"1"'
    assert data["id"] == case.number
    assert data["contactInfo"]["email"].endswith("@example.com")
    assert data["policyDetails"]["type"] == "Motor"
    assert data["agent"] == data["assignedAgent"] == "Unassigned"
    assert (data["flowSteps"], data["comments"], data["history"]) == (["In Progress"], [], [])
    assert (await as_admin.get(f"/api/cases/{case.id}")).json()["data"]["id"] == case.number


async def test_a_missing_case_is_named(as_admin) -> None:
    for text, named in (("CASE-404404", "CASE-404404"), ("404404", "CASE-404404"), ("nonsense", "nonsense")):
        answer = await as_admin.get(f"/api/cases/{text}")
        assert answer.status_code == 404
        assert named in answer.json()["error"]["message"]


async def test_quick_edit_moves_the_case_and_tells_the_history(as_admin, make_case) -> None:
    case = await make_case("assigned")
    body = {
        "status": "In Progress",
        "subStatus": "document pending",
        "nextFollowUpDate": "2026-12-24",
        "currentWorkStep": "Verification",
        "nextActionPlan": "Call again",
        "comment": "Spoke to the customer",
    }
    answer = await as_admin.patch(f"{case.path}/quick-edit", json=body)
    assert answer.status_code == 200, answer.text
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["status"], data["subStatus"], data["nextFollowUpDate"]) == (
        "In Progress",
        "Document Pending",
        "2026-12-24",
    )
    assert [line["action"] for line in data["history"]] == ["Comment Added", "Updated", "In Progress"]
    assert data["comments"][0]["text"] == "Spoke to the customer"
    assert data["comments"][0]["statusChanged"]
    assert data["comments"][0]["followUpChanged"]
    cleared = await as_admin.patch(f"{case.path}/quick-edit", json={"nextFollowUpDate": None})
    assert cleared.status_code == 200
    assert (await as_admin.get(case.path)).json()["data"]["nextFollowUpDate"] is None


async def test_a_move_the_table_does_not_have_is_refused_with_the_allowed_ones(as_admin, make_case) -> None:
    case = await make_case("validated")
    answer = await as_admin.patch(f"{case.path}/quick-edit", json={"status": "Renewed"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "status_not_allowed")
    assert error["details"][0]["allowed"] == ["Assigned", "Failed", "Cancelled"]
    unknown = await as_admin.patch(f"{case.path}/quick-edit", json={"subStatus": "asleep"})
    assert unknown.status_code == 422


async def test_only_a_manager_reopens_and_says_why(as_admin, as_role, make_case, rows) -> None:
    agent = await as_role("agent")
    case = await make_case("in_progress", agent=agent.user["id"])
    before = (await as_admin.get(case.path)).json()["data"]["policyDetails"]
    assert (await agent.patch(f"{case.path}/quick-edit", json={"status": "renewed"})).status_code == 200
    renewed = (await as_admin.get(case.path)).json()["data"]
    assert renewed["closedDate"]
    assert renewed["policyDetails"]["startDate"] > before["expiryDate"]
    body = {"status": "in progress"}
    assert (await agent.patch(f"{case.path}/quick-edit", json=body | {"reason": "x"})).json()["error"][
        "code"
    ] == "case_closed"
    assert (await as_admin.patch(f"{case.path}/quick-edit", json=body)).json()["error"]["code"] == "reason_required"
    opened = await as_admin.patch(f"{case.path}/quick-edit", json=body | {"reason": "The cheque bounced"})
    assert opened.status_code == 200, opened.text
    again = (await as_admin.get(case.path)).json()["data"]
    assert (again["status"], again["closedDate"], again["policyDetails"]) == ("In Progress", None, before)
    assert again["history"][0]["details"] == "The cheque bounced"


async def test_two_people_cannot_overwrite_each_other(as_admin, make_case) -> None:
    case = await make_case()
    body = {"customerName": "Asha Rani Rao", "email": "ASHA@Example.com", "phone": "98200 12345", "premium": 15000}
    saved = await as_admin.put(case.path, json=body, headers={"If-Match": '"1"'})
    assert saved.status_code == 200, saved.text
    late = await as_admin.put(case.path, json=body, headers={"If-Match": '"1"'})
    assert (late.status_code, late.headers["etag"]) == (412, saved.headers["etag"])
    assert (
        await as_admin.patch(f"{case.path}/quick-edit", json={"subStatus": None}, headers={"If-Match": '"1"'})
    ).status_code == 412
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["customerName"], data["customerEmail"], data["customerMobile"]) == (
        "Asha Rani Rao", "asha@example.com", "+919820012345",
    )  # fmt: skip
    assert data["premium"] == 15000.0
    line = data["history"][0]
    assert (line["action"], line["level"]) == ("Contact Update", "warning")
    assert "asha@example.com" in line["details"]
    assert (
        await as_admin.put(case.path, json={"email": "asha.rao@example.com"})
    ).status_code == 200  # as the screens do
    version = {"version": data["version"] + 1}
    assert (await as_admin.put(case.path, json={"phone": "12", **version})).status_code == 422
    wrong = await as_admin.put(case.path, json={"email": "x", **version})
    assert (wrong.status_code, wrong.json()["error"]["message"]) == (422, "email: “x” is not an e-mail address.")
    assert (await as_admin.put(case.path, json={"policyNumber": "other", **version})).status_code == 422
    assert (await as_admin.put(case.path, json={"email": None, "phone": None, **version})).status_code == 422


async def test_the_kind_of_policy_is_one_of_ours_and_brings_its_category(as_admin, make_case) -> None:
    case = await make_case()
    wrong = await as_admin.put(case.path, json={"policyType": "Boat", "version": 1})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "unknown_policy_type")
    saved = await as_admin.put(case.path, json={"policyType": "Property", "version": 1})
    assert saved.status_code == 200, saved.text
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["policyType"], data["productCategory"]) == ("home", "Property")


async def test_a_closed_case_leaves_its_policys_next_term_alone(as_admin, make_case) -> None:
    """The policy is in its next term by then: its premium is not this case's to change; a contact still is."""
    case = await make_case(status="in_progress")
    assert (await as_admin.patch(f"{case.path}/quick-edit", json={"status": "Renewed"})).status_code == 200
    shown = (await as_admin.get(case.path)).json()["data"]
    premium, version = shown["premium"], shown["version"]
    refused = await as_admin.put(case.path, json={"premium": premium + 1, "version": version})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "case_closed")
    same = {"premium": premium, "policyType": shown["policyType"], "phone": "9820012345", "version": version}
    assert (await as_admin.put(case.path, json=same)).status_code == 200


async def test_priority_toggles_and_stays_urgent(as_admin, make_case, rows) -> None:
    case = await make_case(priority="urgent")
    answer = await as_admin.put(f"{case.path}/priority", json={"isPriority": True})
    assert answer.json()["data"]["isPriority"] is True
    assert (await rows("select priority from renewal_cases"))[0]["priority"] == "urgent"
    await as_admin.put(f"{case.path}/priority", json={"isPriority": False})
    assert (await rows("select priority from renewal_cases"))[0]["priority"] == "medium"


async def test_comments_may_change_status_and_follow_up(as_admin, make_case) -> None:
    case = await make_case("in_progress")
    plain = await as_admin.post(f"{case.path}/comments", json={"text": "Just a note", "status": "failed"})
    assert plain.status_code == 201
    body = {
        "text": "Waits for the bank",
        "updateStatus": True,
        "status": "On Hold",
        "updateFollowUp": True,
        "nextFollowUpDate": "2026-12-01",
    }
    assert (await as_admin.post(f"{case.path}/comments", json=body)).status_code == 201
    assert (await as_admin.post(f"{case.path}/comments", json={"text": "  "})).status_code == 422
    newest, oldest = (await as_admin.get(f"{case.path}/comments")).json()["data"]["comments"]
    assert (newest["status"], newest["statusChanged"], newest["followUpChanged"]) == ("On Hold", True, True)
    assert (oldest["status"], oldest["statusChanged"]) == ("In Progress", False)


async def test_assigning_places_the_case_and_tells_the_agent(as_admin, as_role, make_case, rows, run_jobs) -> None:
    agent = await as_role("agent", name="Ravi Menon")
    (node,) = await rows(
        "insert into organizational_hierarchy (client_id, name, type, path) values (1, 'West', 'region', '1') returning id"
    )
    await rows(
        "insert into user_home_nodes (user_id, node_id, valid_from) values (%(u)s, %(n)s, '2020-01-01') returning 1",
        u=agent.user["id"],
        n=node["id"],
    )
    case = await make_case("validated")
    assert (await agent.get(case.path)).status_code == 404
    answer = await as_admin.put(f"{case.path}/assign", json={"agentId": "ravi menon"})
    assert answer.status_code == 200, answer.text
    (now,) = await rows("select status, node_id, assigned_to, version from renewal_cases")
    assert (now["status"], now["node_id"], now["assigned_to"]) == ("assigned", node["id"], agent.user["id"])
    assert (await agent.get(case.path)).json()["data"]["agent"] == "Ravi Menon"
    (told,) = await rows("select title, data from notifications where user_id = %(u)s", u=agent.user["id"])
    assert (told["title"], told["data"]["caseId"]) == (f"{case.number} assigned to you", case.number)
    await run_jobs()
    await as_admin.put(f"{case.path}/assign", json={"agentId": None})
    (now,) = await rows("select status, node_id, assigned_to from renewal_cases")
    assert (now["status"], now["node_id"], now["assigned_to"]) == ("uploaded", None, None)
    assert (await as_admin.put(f"{case.path}/assign", json={"agentId": "Nobody"})).status_code == 422
    closed = await make_case("lapsed")
    assert (await as_admin.put(f"{closed.path}/assign", json={"agentId": agent.user["id"]})).status_code == 409


async def test_bulk_assignment_reports_each_failure(as_admin, as_role, make_case, rows) -> None:
    agent = await as_role("agent")
    cases = [await make_case("validated") for _ in range(3)]
    closed = await make_case("cancelled")
    wanted = [*(case.number for case in cases), closed.number, "CASE-99999", "nonsense", cases[0].id]
    answer = await as_admin.put("/api/cases/bulk-assign", json={"caseIds": wanted, "agentId": agent.user["id"]})
    data = answer.json()["data"]
    assert (data["assignedCount"], data["failedCount"], data["agentId"]) == (3, 3, agent.user["id"])
    by_mail = await as_admin.put(
        "/api/cases/bulk-assign", json={"caseIds": [cases[0].number], "agentId": agent.user["email"]}
    )
    assert by_mail.json()["data"]["agentId"] == agent.user["id"]
    assert {item["caseId"]: item["code"] for item in data["failures"]} == {
        closed.number: "case_closed", "CASE-99999": "case_not_found", "nonsense": "not_found",
    }  # fmt: skip
    assert data["dialerIntegration"] == {
        "success": False,
        "queuedCases": 0,
        "dialerSystemId": None,
        "estimatedCallTime": 15,
    }
    assert len(await rows("select 1 from notifications where user_id = %(u)s", u=agent.user["id"])) == 1
    assert {
        row["status"] for row in await rows("select status from renewal_cases where id <> %(id)s", id=closed.id)
    } == {"assigned"}


async def test_bulk_status_moves_who_may_move(as_admin, make_case) -> None:
    fit = [await make_case("in_progress"), await make_case("assigned")]
    same, unfit = await make_case("pending"), await make_case("uploaded")
    wanted = [case.number for case in (*fit, same, unfit)]
    data = (await as_admin.put("/api/cases/bulk-update-status", json={"caseIds": wanted, "status": "Pending"})).json()[
        "data"
    ]
    assert (data["updatedCount"], data["newStatus"]) == (3, "Pending")
    assert [item["caseId"] for item in data["failures"]] == [unfit.number]
    assert "cannot go from Uploaded to Pending" in data["failures"][0]["message"]
    history = (await as_admin.get(f"{fit[0].path}/history")).json()["data"]["history"]
    assert (history[0]["oldStatus"], history[0]["newStatus"]) == ("In Progress", "Pending")
    assert (
        await as_admin.put("/api/cases/bulk-update-status", json={"caseIds": [], "status": "Pending"})
    ).status_code == 422


async def test_bulk_policy_status(as_admin, make_case) -> None:
    case, renewed = await make_case(), await make_case("renewed")
    body = {"caseIds": [case.number, renewed.number], "policyStatus": "Reinstatement"}
    data = (await as_admin.put("/api/cases/bulk-update-policy-status", json=body)).json()["data"]
    assert (data["updatedCount"], data["failedCount"]) == (1, 1)
    assert (await as_admin.get(case.path)).json()["data"]["policyStatus"] == "Reinstatement"


async def test_escalation(as_admin, as_role, make_case, rows) -> None:
    manager = await as_role("manager", name="Meena Iyer")
    case = await make_case("in_progress")
    body = {"escalatedTo": manager.user["id"], "reason": "Asks for a discount"}
    answer = await as_admin.post(f"{case.path}/escalate", json=body)
    assert answer.status_code == 200, answer.text
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["escalatedTo"], data["escalationReason"]) == ("Meena Iyer", "Asks for a discount")
    assert len(await rows("select 1 from notifications where user_id = %(u)s", u=manager.user["id"])) == 1


async def test_opening_by_hand(as_admin, make_case, rows, resources: Resources) -> None:
    case = await make_case()
    clash = await as_admin.post("/api/cases", json={"policyNumber": case.policy_number})
    assert (clash.status_code, clash.json()["error"]["code"]) == (409, "case_exists")
    due = (resources.clock.today() + timedelta(days=400)).isoformat()
    made = await as_admin.post("/api/cases", json={"policyNumber": case.policy_number, "dueDate": due})
    assert made.status_code == 201, made.text
    data = (await as_admin.get(made.headers["location"])).json()["data"]
    assert (data["status"], data["renewalDate"]) == ("Validated", due)
    assert [line["action"] for line in data["history"]] == ["Validation", "Case Created"]
    assert (await as_admin.post("/api/cases", json={"policyNumber": "none"})).status_code == 404
    assert (await as_admin.post("/api/cases", json={})).status_code == 422


async def test_open_windows_get_a_live_update_of_changes(as_admin, make_case, rows, run_jobs) -> None:
    case = await make_case()
    await as_admin.put(f"{case.path}/priority", json={"isPriority": True})
    waiting = await rows(
        "select args from procrastinate_jobs where task_name = 'cases.push_live_update' and status = 'todo'"
    )
    assert [job["args"] for job in waiting] == [{"case_ids": [case.id], "former_agents": {}}]
    await run_jobs()
    left = await rows(
        "select 1 from procrastinate_jobs where task_name = 'cases.push_live_update' and status <> 'succeeded'"
    )
    assert left == []
