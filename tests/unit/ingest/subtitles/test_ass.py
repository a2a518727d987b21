from __future__ import annotations

import pytest

from matinee.ingest.subtitles import Cue, parse

HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Underline, Alignment
Style: Default,Arial,60,0,0,0,2
Style: Thought,Arial,60,0,-1,0,2
Style: Sign,Arial,60,-1,0,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def line(text: str, style: str = "Default") -> str:
    return f"Dialogue: 0,0:00:01.50,0:00:02.00,{style},,0,0,0,,{text}\n"


@pytest.mark.parametrize(
    ("text", "style", "words", "settings"),
    [
        (r"Hello,{\i1} you{\i0}\Nthere", "Default", "Hello,<i> you</i>\nthere", ""),
        ("thinking", "Thought", "<i>thinking</i>", ""),
        (r"{\i0}aloud{\i} not", "Thought", "aloud<i> not</i>", ""),
        ("EXIT", "Sign", "<b>EXIT</b>", "line:0"),
        (r"{\an5\b700}middle", "Default", "<b>middle</b>", "line:50%"),
        (r"{\a6}old way up", "Default", "old way up", "line:0"),
        (r"{\an9}{\an2}the first counts", "Default", "the first counts", "line:0 align:right"),
        (r"{\pos(960,100)}a sign", "Default", "a sign", "line:0"),
        (r"{\pos(960,1000)}below", "Default", "below", ""),
        (r"{\k20}ka{\kf30}ra{\ko15}o{\K40}ke", "Default", "karaoke", ""),
        (r"{\u1}under{\r}plain{\rSign}sign", "Default", "<u>under</u>plain<b>sign</b>", ""),
        (r"before{\p1}m 0 0 l 100 0 100 100{\p0} after", "Default", "before after", ""),
        (r"{\fnComic Sans\fs70\c&H00FF00&\blur2\bord3\be1}plain", "Default", "plain", ""),
        (r"{\t(0,500,\fscx120\i1)}moves", "Default", "moves", ""),
        (r"{a comment}said", "Default", "said", ""),
        (r"one\htwo\nthree", "Default", "one\u00a0two\nthree", ""),
        ("no such style", "Nowhere", "no such style", ""),
        ("1 < 2 & 3", "Default", "1 &lt; 2 &amp; 3", ""),
        ("{never closed", "Default", "{never closed", ""),
    ],
)
def test_what_webvtt_can_say_stays(text: str, style: str, words: str, settings: str) -> None:
    assert parse((HEAD + line(text, style)).encode(), "a.ass") == [Cue(1500, 2000, words, settings)]


def test_drawings_and_comments_are_no_cues() -> None:
    data = HEAD + line(r"{\an7\p1}m 0 0 l 100 0 100 100") + line("said").replace("Dialogue", "Comment") + line("heard")
    assert [cue.text for cue in parse(data.encode(), "a.ass")] == ["heard"]


def test_fields_stand_where_the_file_says() -> None:
    data = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Hello, you\n"
    assert parse(data.encode(), "a.ass") == [Cue(1000, 2000, "Hello, you")]


def test_ssa_counts_its_alignment_otherwise() -> None:
    data = (
        "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\n"
        "Format: Name, Bold, Italic, Alignment\nStyle: *Default,0,-1,6\nStyle: Low,0,0,3\n\n[Events]\n"
        "Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,*Default,,0,0,0,,top\n"
        "Dialogue: Marked=0,0:00:03.00,0:00:04.00,Low,,0,0,0,,right\n"
    )
    assert parse(data.encode(), "a.ssa") == [
        Cue(1000, 2000, "<i>top</i>", "line:0"),
        Cue(3000, 4000, "right", "align:right"),
    ]


def test_a_broken_line_takes_no_other_with_it() -> None:
    data = (
        HEAD + "Dialogue: 0,never,0:00:02.00,Default,,0,0,0,,x\nDialogue: short\nStyle:\nStyle: ,,,\n" + line("whole")
    )
    assert [cue.text for cue in parse(data.encode(), "a.ass")] == ["whole"]


def test_a_line_of_a_megabyte_costs_little() -> None:
    for text in ("{" * 1_000_000, r"{\i1}x" * 200_000, "{" + r"\i1" * 300_000 + "}x", r"\N" * 500_000 + "x"):
        assert all(len(cue.text) < 20_000 for cue in parse((HEAD + line(text) + line("end")).encode(), "a.ass"))
