from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matinee.ingest.contract import Start
from matinee.services.jobs.contract import Finish, Job, Lease, Reason, Step, Submit
from matinee.terms.title import Metadata
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House

FILM = {"title": "Sunrise", "filename": "sunrise.mkv", "source": "sources/secret", "encoding": {"crf": 20}}


async def film(house: House, *steps: Step, name: str = "ingest", key: str = "upl_1") -> Job:
    planned = list(steps) or [Step("inspect", "ingest.inspect"), Step("join", "ingest.join", after=["inspect"])]
    return await house.clients.jobs.submit(Submit(key, name, "ttl_1", name, planned, FILM))


async def taken(house: House) -> str:
    return (await house.clients.jobs.lease(Lease("w", "ingest", ["ingest.inspect"], 0))).lease


async def test_an_operator_sees_every_try(house: House) -> None:
    operator = await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))
    job = await film(house)
    lease = await taken(house)
    await house.clients.jobs.finish(Finish(lease, Reason.NORMAL, result={"inside": "the house"}))
    told = await operator.http.get(f"/api/operations/jobs/{job.id}")
    shown: dict[str, Any] = told.json()["job"]
    assert (shown["title"], shown["preparation_id"], shown["paused"], shown["eta_s"]) == (
        "Sunrise",
        "upl_1",
        False,
        None,
    )
    assert [(each["name"], each["state"]) for each in shown["stages"]] == [("inspect", "done"), ("join", "waiting")]
    assert [each["what"] for each in shown["stages"]] == ["looking into the file", "join"]
    assert [(each["step"], each["reason"]) for each in told.json()["tasks"]] == [("inspect", "normal"), ("join", None)]
    for inner in ("inside", "secret", "crf"):
        assert inner not in told.text
    gone = await operator.http.get("/api/operations/jobs/job_none")
    assert (gone.status_code, gone.json()["type"]) == (404, "no-such-job")


async def test_an_editor_pauses_resumes_and_retries_a_film(house: House, tmp_path: Path) -> None:
    editor = await house.editor()
    path = tmp_path / "film.mkv"
    path.write_bytes(b"no film at all")
    made = await house.clients.ingest.start(Start("k", str(path), "film.mkv", Metadata("Sunrise")))
    url = f"/api/studio/preparations/{made.id}"
    assert (await editor.http.post(f"{url}/pause")).json()["paused"] is True
    assert await taken(house) == ""
    cursor = (await editor.http.get("/api/studio/preparations")).json()["cursor"]
    watching = asyncio.create_task(editor.http.get(f"/api/studio/preparations?after={cursor}&wait_s=20"))
    assert (await editor.http.post(f"{url}/resume")).json()["paused"] is False
    async with asyncio.timeout(5):
        (changed,) = (await watching).json()["preparations"]
    assert (changed["id"], changed["paused"], changed["doing"]) == (made.id, False, "looking into the file")
    await house.clients.jobs.finish(Finish(await taken(house), Reason.FAILED, "No luck.", retry=False))
    failed = (await editor.http.get(url)).json()
    assert (failed["phase"], failed["message"], failed["retryable"]) == ("failed", "No luck.", True)
    assert failed["stages"][0]["tasks"][0]["message"] == "No luck."
    none = await editor.http.post(f"{url}/retry?step=gone")
    assert (none.status_code, none.json()["detail"]) == (409, "The job has no step gone.")
    assert (await editor.http.post(f"{url}/retry?step=inspect")).json()["phase"] == "preparing"
    assert (await editor.http.delete(url)).json()["phase"] == "canceled"
    assert (await editor.http.post(f"{url}/pause")).status_code == 409
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
    assert (await operator.http.get("/api/studio/preparations")).status_code == 403
