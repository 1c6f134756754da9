"""A language model looks at mails where the office wants it; without its answer the built-in classifier's word stands."""

import httpx

from tests.conftest import RunJobs
from tests.factories.assistant import use_model
from tests.factories.mail_server import letter
from tests.modules.conftest import Sandbox
from tests.modules.inbox.conftest import Desk


async def wanted(admin: httpx.AsyncClient) -> None:
    saved = await admin.put("/api/settings/email", json={"classifyWith": "language_model"})
    assert saved.status_code == 200, saved.text


async def test_the_language_model_says_what_a_mail_is_and_people_have_the_last_word(
    desk: Desk, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    await use_model(desk.admin, sandbox)
    await wanted(desk.admin)
    await desk.server.send(letter("a@customer.example", desk.email, "Angry", "I am angry. Call me today."))
    await desk.server.send(letter("b@customer.example", desk.email, "Money", "A refund, please."))
    await desk.sync()
    mails = {str(each["subject"]): each for each in await desk.mails()}
    corrected = await desk.admin.patch(f"/api/emails/{mails['Money']['id']}", json={"category": "feedback"})
    assert corrected.status_code == 200, corrected.text
    await desk.stop_watching()
    await run_jobs()
    mails = {str(each["subject"]): each for each in await desk.mails()}
    assert (mails["Angry"]["category"], mails["Angry"]["status"]) == ("complaint", "escalated")
    assert mails["Angry"]["sentiment"]["overall"] == "negative"
    assert mails["Money"]["category"] == "feedback"
    history = (await desk.admin.get(f"/api/emails/{mails['Angry']['id']}/audit")).json()["data"]
    assert "classified" in str(history)


async def test_without_an_answer_the_built_in_classifier_counts(
    desk: Desk, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    await wanted(desk.admin)
    await desk.stop_watching()
    for model in (None, "sandbox-broken", "sandbox-nonsense"):
        if model:
            await use_model(desk.admin, sandbox, model)
        await desk.server.send(
            letter("a@customer.example", desk.email, f"Policy {model}", "Please renew my car policy.")
        )
        await desk.sync()
        before = (await desk.mails())[0]
        await run_jobs()
        after = (await desk.mails())[0]
        assert (after["intent"], after["category"]) == (before["intent"], before["category"])
