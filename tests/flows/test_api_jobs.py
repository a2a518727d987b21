from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from matinee.services.jobs.contract import Finish, Heartbeat, Job, Lease, Reason, Step, Submit
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House

FILM = {"title": "Sunrise", "filename": "sunrise.mkv", "source": "sources/secret", "encoding": {"crf": 20}}


async def film(house: House, *steps: Step, name: str = "ingest", key: str = "upl_1") -> Job:
    planned = list(steps) or [Step("look", "ingest.look"), Step("join", "ingest.join", after=["look"])]
    return await house.clients.jobs.submit(Submit(key, name, "ttl_1", name, planned, FILM))


async def taken(house: House) -> str:
    return (await house.clients.jobs.lease(Lease("w", "ingest", ["ingest.look", "ingest.join"], 0))).lease


async def test_a_film_is_watched_with_its_stages(house: House) -> None:
    editor = await house.editor()
    job = await film(house)
    await film(house, name="timer", key="tick")
    first = (await editor.http.get("/api/studio/jobs")).json()
    assert [each["id"] for each in first["jobs"]] == [job.id]
    assert first["more"] is False
    seen: dict[str, Any] = first["jobs"][0]
    assert (seen["title"], seen["preparation_id"], seen["paused"], seen["eta_s"]) == ("Sunrise", "upl_1", False, None)
    assert [(each["name"], each["state"]) for each in seen["stages"]] == [("look", "waiting"), ("join", "waiting")]
    watching = asyncio.create_task(editor.http.get(f"/api/studio/jobs?after={first['cursor']}&wait_s=20"))
    lease = await taken(house)
    await house.clients.jobs.heartbeat(Heartbeat(lease, 0.5, "half"))
    async with asyncio.timeout(5):
        changed = (await watching).json()
    assert changed["cursor"] > first["cursor"]
    await house.clients.jobs.finish(Finish(lease, Reason.NORMAL, result={"inside": "the house"}))
    told = await editor.http.get(f"/api/studio/jobs/{job.id}")
    assert [(each["step"], each["reason"]) for each in told.json()["tasks"]] == [("look", "normal"), ("join", None)]
    for inner in ("inside", "secret", "crf"):
        assert inner not in told.text


async def test_an_editor_pauses_resumes_retries_and_cancels(house: House) -> None:
    editor = await house.editor()
    job = await film(house, Step("look", "ingest.look", retries=0))
    url = f"/api/studio/jobs/{job.id}"
    early = await editor.http.post(f"{url}/retry")
    assert (early.status_code, early.json()["type"]) == (409, "conflict")
    assert (await editor.http.post(f"{url}/pause")).json()["paused"] is True
    assert await taken(house) == ""
    assert (await editor.http.post(f"{url}/resume")).json()["paused"] is False
    await house.clients.jobs.finish(Finish(await taken(house), Reason.FAILED, "No luck."))
    failed = (await editor.http.get(url)).json()["job"]
    assert (failed["state"], failed["reason"], failed["message"]) == ("Finished", "failed", "No luck.")
    assert failed["stages"][0]["tasks"][0]["message"] == "No luck."
    none = await editor.http.post(f"{url}/retry?step=gone")
    assert (none.status_code, none.json()["detail"]) == (409, "The job has no step gone.")
    assert (await editor.http.post(f"{url}/retry?step=look")).json()["state"] == "Accepted"
    assert (await editor.http.delete(url)).json()["reason"] == "killed"
    assert (await editor.http.post(f"{url}/pause")).status_code == 409


async def test_an_editor_has_to_do_with_films_alone(house: House) -> None:
    editor = await house.editor()
    other = await film(house, name="timer")
    for method, path in [("GET", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/retry"), ("DELETE", "")]:
        answer = await editor.http.request(method, f"/api/studio/jobs/{other.id}{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "no-such-job")
    assert (await editor.http.get("/api/operations/jobs")).status_code == 403


async def test_an_operator_acts_on_every_job(house: House) -> None:
    operator = await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))
    jobs = [await film(house, name="timer", key=f"tick{number}") for number in range(3)]
    page = (await operator.http.get("/api/operations/jobs?limit=2")).json()
    rest = (await operator.http.get(f"/api/operations/jobs?limit=2&before={page['next']}")).json()
    assert {each["id"] for each in [*page["jobs"], *rest["jobs"]]} == {job.id for job in jobs}
    assert rest["next"] is None
    url = f"/api/operations/jobs/{jobs[0].id}"
    assert (await operator.http.post(f"{url}/pause")).json()["paused"] is True
    assert (await operator.http.post(f"{url}/resume")).json()["paused"] is False
    assert (await operator.http.delete(url)).json()["state"] == "Finished"
    assert (await operator.http.post(f"{url}/retry")).status_code == 409
    left = (await operator.http.get("/api/operations/jobs?unfinished=true")).json()["jobs"]
    assert {each["id"] for each in left} == {job.id for job in jobs[1:]}
    assert (await operator.http.get("/api/studio/jobs")).status_code == 403
