"""What is being prepared, and how to act on it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from matinee.app.process import Process
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.cli.progress import bar
from matinee.ingest.pipeline import WORDS
from matinee.runtime.errors import Invalid
from matinee.services.jobs.contract import (
    ByJob,
    Job,
    Jobs,
    JobState,
    ListJobs,
    Observe,
    Reason,
    Retry,
    TaskState,
)
from matinee.services.jobs.stages import present, stages
from matinee.terms.task import Try

app = typer.Typer(add_completion=False, help="What is being prepared: see it, pause it, try it again, cancel it.")

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, or as much of its end as tells it apart.")]
TIMERS = "timers"
_BAR, _WAIT_S, _PAGE = 10, 20.0, 200
_SHORT = 8
_MINUTE_S, _HOUR_S = 60, 3600


@app.callback(invoke_without_command=True)
def jobs(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Those that are over, too, the newest first.")] = False,
    timers: Annotated[bool, typer.Option("--timers", help="What the clock starts, too.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing what changes, until Ctrl-C.")] = False,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """List what is being prepared. With a command, act on one job."""
    if context.invoked_subcommand is not None:
        return
    if watch:
        ask(home, lambda process: _watch(process.client(Jobs), timers=timers))
        return
    found = ask(home, lambda process: _listed(process.client(Jobs), unfinished=not all_))
    shown = [job for job in found if timers or job.capacity_group != TIMERS]
    _console().print(_table(shown) if shown else "Nothing is being prepared.")


@app.command()
def show(job_id: JobId, home: HomePath = DEFAULT_HOME) -> None:
    """Show one job with its steps and every try that did not end well."""
    job = ask(home, lambda process: _one(process.client(Jobs), job_id))
    console = _console()
    console.print(f"[bold]{escape(_about(job))}[/]  {job.id}")
    console.print(f"{_state(job)}, {job.progress:.0%}{_left(job)}{_because(escape(job.message))}", soft_wrap=True)
    console.print(_steps(job))
    for task in job.tasks:
        if task.reason not in {None, Reason.NORMAL} and task.message:
            ended = _clock(task.finished_at)
            console.print(f"{ended} {task.step}, try {task.attempt}: {task.reason}: {escape(task.message)}")


@app.command()
def pause(job_id: JobId, home: HomePath = DEFAULT_HOME) -> None:
    """Let what runs of a job end, and begin nothing more of it."""
    _act(home, job_id, lambda jobs, job: jobs.pause(ByJob(job.id)))


@app.command()
def resume(job_id: JobId, home: HomePath = DEFAULT_HOME) -> None:
    """Go on with a paused job."""
    _act(home, job_id, lambda jobs, job: jobs.resume(ByJob(job.id)))


@app.command()
def cancel(job_id: JobId, home: HomePath = DEFAULT_HOME) -> None:
    """Stop a job, or give up one that failed."""
    _act(home, job_id, lambda jobs, job: jobs.cancel(ByJob(job.id)))


@app.command()
def retry(
    job_id: JobId,
    step: Annotated[
        str | None, typer.Option(help="Only this step: at once where it waits, anew where it runs.")
    ] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Try a failed job again; what is done stays done."""
    _act(home, job_id, lambda jobs, job: jobs.retry(Retry(job.id, step)))


def _act(home: HomePath, job_id: str, change: Callable[[Jobs, Job], Awaitable[Job]]) -> None:
    async def work(process: Process) -> Job:
        jobs = process.client(Jobs)
        return await change(jobs, await _one(jobs, job_id))

    job = ask(home, work)
    _console().print(f"{escape(_about(job))}: {_state(job)}{_because(escape(job.message))}", soft_wrap=True)


async def _one(jobs: Jobs, asked: str) -> Job:
    """Raises Invalid unless exactly one job is meant."""
    if asked.startswith("job_"):
        return await jobs.job(ByJob(asked))
    meant = [job for job in await _listed(jobs, unfinished=False) if asked and job.id.endswith(asked)]
    if len(meant) != 1:
        raise Invalid(
            f"{'several jobs' if meant else 'no job'} of those that `matinee jobs --all` lists end in {asked!r}"
        )
    return meant[0]


async def _listed(jobs: Jobs, *, unfinished: bool) -> list[Job]:
    return (await jobs.list_jobs(ListJobs(unfinished=unfinished, limit=_PAGE))).jobs


async def _watch(jobs: Jobs, *, timers: bool) -> None:
    """A table that is drawn over on a terminal; elsewhere a line a change."""
    known: dict[str, Job] = {}
    cursor = 0
    console = _console()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            observed = await jobs.observe(Observe(cursor, _WAIT_S))
            cursor = observed.cursor
            for job in observed.jobs:
                if timers or job.capacity_group != TIMERS:
                    before = known.get(job.id)
                    known[job.id] = job
                    if not console.is_terminal and (before is None or _line(before) != _line(job)):
                        print(_line(job), flush=True)
            if console.is_terminal and not observed.more:
                live.update(_table(_recent(known.values())), refresh=True)
            await asyncio.sleep(0.2)  # a burst of changes is drawn once


def _recent(known: Iterable[Job]) -> list[Job]:
    """What goes on, and as many of what ended as fit on a screen."""
    newest = sorted(known, key=lambda job: job.id, reverse=True)
    over = [job for job in newest if job.state is JobState.FINISHED][:5]
    return [job for job in newest if job.state is not JobState.FINISHED or job in over]


def _line(job: Job) -> str:
    stage = present(stages(job, WORDS))
    doing = f" {stage.what}" if stage else ""
    return f"{job.id[-_SHORT:]} {_about(job)}: {_state(job)}{doing}{_because(job.message)}"


def _table(listed: Iterable[Job]) -> Table:
    """What is long is broken within its column, so that the others are seen on a terminal of 80 characters, too."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "What", "State", "Progress", "Left"):
        table.add_column(heading, no_wrap=heading != "What", overflow="fold")
    for job in listed:
        stage = present(stages(job, WORDS))
        done = f" {stage.done}/{stage.steps}" if stage and stage.steps > 1 else ""
        why = job.message or (stage.message if stage else "")
        below = [f"{stage.what}{done}" if stage else "", why]
        table.add_row(
            job.id[-_SHORT:],
            Text(_about(job)) + Text("".join(f"\n{line}" for line in below if line), "dim"),
            _state(job),
            f"{bar(job.progress, _BAR)} {job.progress:4.0%}",
            _lasts(job.eta_s),
        )
    return table


def _steps(job: Job) -> Table:
    """Each stage by its name, which `--step` takes too, and below it its steps of which there is something to say."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Step", "What", "State", "Done", "Progress"):
        table.add_column(heading, no_wrap=heading != "What", overflow="fold")
    for stage in stages(job, WORDS):
        several = stage.steps > 1
        why = "" if several or not stage.message else f"\n{stage.message}"
        table.add_row(
            stage.name,
            Text(stage.what if stage.what != stage.name else "") + Text(why, "dim"),
            stage.state,
            f"{stage.done}/{stage.steps}" if several else "",
            f"{bar(stage.progress, _BAR)} {stage.progress:4.0%}",
        )
        for task in stage.tasks if several else ():
            table.add_row(f"  {task.step}", Text(task.message, "dim"), _task_state(task), "", f"{task.progress:.0%}")
    return table


def _task_state(task: Try) -> str:
    if task.reason is not None:
        return task.reason
    tried = f", try {task.attempt}" if task.attempt > 1 else ""
    return f"{'running' if task.runs else 'waiting'}{tried}"


def _state(job: Job) -> str:
    if job.state is JobState.FINISHED:
        return "done" if job.reason is Reason.NORMAL else "canceled" if job.reason is Reason.KILLED else "failed"
    if job.state is JobState.KILL_INITIATED:
        return "stopping"
    if job.paused:
        return "paused"
    begun = any(task.state is not TaskState.ACCEPTED for task in job.tasks)
    return "running" if begun else "waiting"


def _about(job: Job) -> str:
    return str(job.data.get("title") or job.data.get("filename") or f"{job.name} of {job.subject}")


def _because(message: str) -> str:
    return f": {message}" if message else ""


def _left(job: Job) -> str:
    return f", {_lasts(job.eta_s)} left" if job.eta_s is not None else ""


def _lasts(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < _MINUTE_S:
        return f"{max(1, round(seconds))} s"
    if seconds < _HOUR_S:
        return f"{round(seconds / _MINUTE_S)} min"
    return f"{int(seconds // _HOUR_S)} h {int(seconds % _HOUR_S // _MINUTE_S)} min"


def _clock(at: datetime | None) -> str:
    return at.astimezone().strftime("%H:%M:%S") if at else ""


def _console() -> Console:
    """As wide as it takes where nobody looks at it."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 200)
