"""`py360 demo` on a whole installation: from a file to paid policies, and again with the same file."""

import httpx
import pytest

from tests.journeys.conftest import EMAIL, PASSWORD, ROWS, Demonstrated, funnel

pytestmark = pytest.mark.slow


def test_the_demo_starts_what_does_not_run_adds_up_and_stops_it_again(demonstrated: Demonstrated) -> None:
    first, bad = demonstrated.funnel, sum(demonstrated.sample.bad.values())
    assert (first["addsUp"], first["problems"]) == (True, [])
    assert (first["rows"], first["failed"], first["accepted"]) == (ROWS, bad, ROWS - bad)
    assert first["new"] == ROWS - bad
    assert [one["channel"] for one in first["channels"]] == ["email", "sms", "whatsapp"]
    assert all(one["delivered"] for one in first["channels"])
    assert first["renewed"] == first["payments"] == first["rolled"]
    assert demonstrated.left_running == 0


def test_the_demo_can_be_repeated_but_not_beside_a_real_account(demonstrated: Demonstrated) -> None:
    first, installation = demonstrated.funnel, demonstrated.installation
    second = funnel(installation, "--file", str(demonstrated.sample.path))
    assert (second["addsUp"], second["problems"]) == (True, [])
    assert second["unchanged"] == first["accepted"]
    assert second["channels"][1]["planned"] <= first["accepted"] - first["renewed"]

    real = {
        "channel": "sms",
        "type": "twilio",
        "name": "Head office",
        "config": {"accountSid": "AC" + "0" * 32, "authToken": "secret", "fromNumber": "+15005550006"},
    }
    with httpx.Client(base_url=f"http://127.0.0.1:{installation.port}/api") as admin:
        token = admin.post("/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()["data"]["token"]
        admin.headers["authorization"] = f"Bearer {token}"
        made = admin.post("/providers", json=real)
        assert made.status_code == 201
        refused = installation.run("demo")
        assert admin.delete(f"/providers/{made.json()['data']['id']}").status_code < 300
    assert refused.returncode == 1
    assert "sandbox accounts only" in refused.stderr
    assert "Head office" in refused.stderr
