from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ingest.subtitles import Cue, cut, parse, written
from matinee.runtime.errors import Invalid

SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\nGrüße <i>aus</i> <font color=red>Köln</font>\r\nzwei\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\n5 < 6 & 7\r\n"
)
CUES = [Cue(1000, 2500, "Grüße <i>aus</i> Köln\nzwei"), Cue(3000, 4000, "5 &lt; 6 &amp; 7")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_srt_is_read_in_any_encoding(encoding: str) -> None:
    assert parse(SRT.encode(encoding), "a.srt") == CUES


def test_webvtt_keeps_where_cues_stand_and_drops_what_could_run() -> None:
    data = (
        b"WEBVTT - about\n\nNOTE nothing\n\nSTYLE\n::cue { color: red }\n\nid-1\n00:01.000 --> 00:02.000 line:10% align:start\n"
        b"<v Anna>Hello</v> <script>x</script>\n\n01:00:00.000 --> 01:00:01.000\nlate\n"
    )
    assert parse(data, "a.vtt") == [Cue(1000, 2000, "Hello x", "line:10% align:start"), Cue(3600000, 3601000, "late")]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The subtitle file a.srt is empty."),
        (b" \n\n", "The subtitle file a.srt is empty."),
        (b"Dear editor,\nthis is a letter.\n", "The subtitle file a.srt is neither WebVTT nor SRT."),
        (bytes(range(256)) * 40, "The subtitle file a.srt is neither WebVTT nor SRT."),
        (b"WEBVTT\n\n", "The subtitle file a.srt is neither WebVTT nor SRT."),
        (b"1\n00:00:02,000 --> 00:00:01,000\nbackwards\n", "The subtitle file a.srt holds no text."),
        (b"1\n00:00:02,000 --> 00:00:03,000\n\n", "The subtitle file a.srt holds no text."),
    ],
)
def test_a_bad_file_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(data, "a.srt")
    assert refused.value.detail == sentence


@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: b"1\n00:00:01,000 --> 00:00:02,000\n" + text.encode())
)
def test_any_bytes_are_cues_or_a_sentence(data: bytes) -> None:
    try:
        cues = parse(data, "a.srt")
    except Invalid:
        return
    assert parse(written(cues).encode(), "a.vtt") == cues


def test_a_cue_stands_in_every_segment_that_it_is_shown_in() -> None:
    segments = cut([Cue(1000, 2000, "one"), Cue(3500, 9000, "long")], [0, 4000, 8000, 12000, 13000])
    assert [("one" in text, "long" in text) for text in segments] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
    ]
    assert segments[3] == "WEBVTT\n"
