from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from matinee.runtime.errors import Conflict
from matinee.services.jobs import outlook, rules
from matinee.services.jobs.contract import Backoff, JobState, Reason, Step, TaskState
from matinee.services.jobs.rules import Course

LIVE = rules.LIVE
REASONS = [Reason.NORMAL, Reason.FAILED, Reason.LOST, Reason.INVALID, Reason.RUNTIME_LIMIT]


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    steps: list[Step] = []
    for place in range(draw(st.integers(1, 5))):
        after = draw(st.lists(st.sampled_from([step.name for step in steps]), unique=True)) if steps else []
        steps.append(Step(f"s{place}", "do", after, retries=draw(st.integers(0, 2)), weight=draw(st.integers(1, 9))))
    return steps


class JobMachine(RuleBasedStateMachine):
    """A job under any order of leases, ends, cancels and retries keeps what the contract promises."""

    course: Course
    now = 0
    runs: dict[str, int]
    by_hand = 0

    @initialize(steps=plans())
    def begin(self, steps: list[Step]) -> None:
        assert rules.wrong(steps) is None
        self.course = rules.begin(steps, self.now)
        self.runs = {step.name: 0 for step in steps}

    def ready(self) -> list[str]:
        latest = self.course.latest().values()
        return [a.step for a in latest if a.state is TaskState.ACCEPTED and a.ready_at is not None]

    def live(self) -> list[str]:
        return [a.step for a in self.course.latest().values() if a.state in LIVE]

    @precondition(lambda self: self.ready())
    @rule(data=st.data())
    def launch(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.ready()))
        latest = self.course.latest()
        assert all(latest[name].normal for name in next(s for s in self.course.steps if s.name == step).after)
        self.runs[step] += 1
        self.course = rules.started(rules.launched(self.course, step), step)

    @precondition(lambda self: self.live())
    @rule(data=st.data(), reason=st.sampled_from(REASONS), retry=st.booleans())
    def end(self, data: st.DataObject, reason: Reason, retry: bool) -> None:
        step = data.draw(st.sampled_from(self.live()))
        self.now += 1
        self.course = rules.ended(self.course, step, reason, "so", self.now, retry=retry)

    @rule()
    def cancel(self) -> None:
        before = rules.reason(self.course)
        self.course = rules.canceled(self.course)
        assert rules.reason(self.course) in {Reason.KILLED, Reason.NORMAL}
        if before is Reason.NORMAL:
            assert rules.reason(self.course) is Reason.NORMAL

    @precondition(lambda self: len(self.course.steps) < 12 and self.live())
    @rule(data=st.data(), plan=plans())
    def end_with_further_steps(self, data: st.DataObject, plan: list[Step]) -> None:
        step, place = data.draw(st.sampled_from(self.live())), len(self.course.steps)
        further = [
            replace(each, name=f"{each.name}.{place}", after=[step, *(f"{name}.{place}" for name in each.after)])
            for each in plan
        ]
        self.now += 1
        self.runs.update({each.name: 0 for each in further})
        self.course = rules.ended(rules.grown(self.course, further), step, Reason.NORMAL, "", self.now)

    @precondition(lambda self: rules.state(self.course) is JobState.ACCEPTED)
    @rule(data=st.data())
    def begin_anew(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.ready() + self.live()))
        self.by_hand += 1
        self.course = rules.hurried(self.course, step, self.now)
        assert self.course.latest()[step].ready_at is not None

    @precondition(lambda self: rules.reason(self.course) not in {None, Reason.NORMAL, Reason.KILLED})
    @precondition(lambda self: rules.is_over(self.course))
    @rule()
    def try_again(self) -> None:
        self.by_hand += 1
        self.course = rules.retried(self.course, self.now)
        assert not rules.is_over(self.course)

    @invariant()
    def a_step_that_ended_well_never_runs_again(self) -> None:
        for step in self.course.steps:
            ends = [attempt.normal for attempt in self.course.attempts if attempt.step == step.name]
            assert not any(ends[:-1])

    @invariant()
    def a_step_runs_no_oftener_than_its_retries_allow(self) -> None:
        for step in self.course.steps:
            assert self.runs[step.name] <= (step.retries + 1) * rules.MOST_LOST * (self.by_hand + 1)

    @invariant()
    def a_lost_worker_costs_no_retry(self) -> None:
        for step in self.course.steps:
            failed = [each for each in self.course.attempts if each.step == step.name and each.reason is Reason.FAILED]
            assert self.course.latest()[step.name].tries <= len(failed) + 1

    @invariant()
    def a_job_that_is_over_has_nothing_left_and_a_reason(self) -> None:
        over = rules.is_over(self.course)
        assert over == (not self.live() and not self.ready()) or rules.state(self.course) is JobState.ACCEPTED
        assert not over or rules.reason(self.course) is not None

    @invariant()
    def a_job_that_goes_on_can_go_on(self) -> None:
        if rules.state(self.course) is JobState.ACCEPTED:
            assert self.live() or self.ready()

    @invariant()
    def progress_is_a_share(self) -> None:
        assert 0 <= outlook.progress(self.course) <= 1


JobMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestJob = JobMachine.TestCase


def test_pauses_double_up_to_a_minute() -> None:
    waits = [rules.delay_ms(Backoff(), failed) for failed in (1, 2, 3, 6, 7, 99)]
    assert waits == [1000, 2000, 4000, 32000, 60000, 60000]


def test_pauses_may_be_none_or_always_the_same() -> None:
    assert {rules.delay_ms(Backoff(0), failed) for failed in range(1, 9)} == {0}
    assert {rules.delay_ms(Backoff(5, factor=1), failed) for failed in range(1, 9)} == {5000}


def test_progress_weighs_steps() -> None:
    course = rules.begin([Step("a", "do", weight=1), Step("b", "do", weight=3)], 0)
    course = rules.ended(rules.started(rules.launched(course, "a"), "a"), "a", Reason.NORMAL, "", 1)
    assert outlook.progress(course) == 0.25


def begun(*steps: Step) -> Course:
    return rules.begin(steps or (Step("a", "do"), Step("b", "do", after=["a"])), 0)


@pytest.mark.parametrize("step", ["gone", "b"])
def test_a_step_that_cannot_begin_is_not_hurried(step: str) -> None:
    with pytest.raises(Conflict):
        rules.hurried(begun(), step, 5)


def test_a_step_that_ended_well_is_not_hurried() -> None:
    course = rules.ended(rules.launched(begun(), "a"), "a", Reason.NORMAL, "", 1)
    with pytest.raises(Conflict, match="ended well"):
        rules.hurried(course, "a", 5)


def test_a_job_that_is_over_is_not_paused() -> None:
    with pytest.raises(Conflict):
        rules.held(rules.canceled(begun()), paused=True)
