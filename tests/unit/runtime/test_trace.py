from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.runtime import trace
from matinee.runtime.trace import Trace

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_header_is_read_and_written() -> None:
    found = trace.parse(HEADER)
    assert found == Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True)
    assert found.header() == HEADER
    assert trace.parse(HEADER[:-2] + "00") == Trace(found.trace_id, found.span_id, sampled=False)


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert trace.parse("cc" + HEADER[2:] + "-what-the-future-adds") is not None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        HEADER.upper(),
        HEADER + "x",
        "ff" + HEADER[2:],
        "00-" + "0" * 32 + HEADER[35:],
        HEADER[:36] + "0" * 16 + "-01",
        HEADER.replace("4bf9", "4bfg"),
        HEADER + "\n",
    ],
)
def test_a_malformed_header_is_ignored(header: str) -> None:
    assert trace.parse(header) is None


@given(st.text())
def test_no_header_raises(header: str) -> None:
    trace.parse(header)


def test_a_span_is_of_the_callers_trace() -> None:
    with trace.span(HEADER) as outer:
        assert (outer.trace_id, outer.span_id) != (HEADER[3:35], HEADER[36:52])
        assert outer.trace_id == HEADER[3:35]
        with trace.span() as inner:
            assert trace.current() == inner
            assert inner.trace_id == outer.trace_id
            assert inner.span_id != outer.span_id
        assert trace.current() == outer
    assert trace.current() is None


def test_an_unsampled_trace_stays_so() -> None:
    with trace.span(HEADER[:-2] + "00") as own:
        assert own.header().endswith("-00")


def test_a_new_trace_takes_the_entropy_it_is_given() -> None:
    with trace.span(entropy=lambda count: b"\xab" * count) as own:
        assert own == Trace("ab" * 16, "ab" * 8)


async def test_tasks_have_their_own_spans() -> None:
    async def one() -> str:
        with trace.span() as own:
            await asyncio.sleep(0)
            assert trace.current() == own
            return own.trace_id

    assert len(set(await asyncio.gather(*(one() for _ in range(5))))) == 5
