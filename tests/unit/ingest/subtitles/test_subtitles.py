from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ingest.limits import LARGEST_SUBTITLE
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
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"Dear editor,\nthis is a letter.\n", "is none of SRT, WebVTT, ASS, SSA and TTML"),
        (bytes(range(256)) * 40, "is none of SRT, WebVTT, ASS, SSA and TTML"),
        (b"<html><body><p>Not found</p></body></html>", "is none of SRT, WebVTT, ASS, SSA and TTML"),
        (b"WEBVTT\n\n", "holds no text"),
        (b"1\n00:00:02,000 --> 00:00:03,000\n\n", "holds no text"),
        (b"[Script Info]\n[Events]\n", "holds no text"),
        (gzip.compress(b"1\n00:00:02,000 --> 00:00:03,000\nHello\n", mtime=0), "is packed; send what is in it"),
        (b"PK\x03\x04" + bytes(100), "is packed; send what is in it"),
        (b"x" * (LARGEST_SUBTITLE + 1), "is too large"),
    ],
)
def test_a_bad_file_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(data, "a.srt")
    assert refused.value.detail == f"The subtitle file a.srt {sentence}."


@pytest.mark.parametrize(
    ("language", "charset", "words"),
    [
        ("ru", "cp1251", "Привет, мир"),
        ("pl", "cp1250", "Zażółć gęślą jaźń"),
        ("ja", "cp932", "こんにちは世界"),
        ("ja", "euc_jp", "こんにちは世界"),
        ("zh-Hant", "big5", "你好世界"),
        ("el", "cp1253", "Γειά σου Κόσμε"),  # noqa: RUF001 - Greek
    ],
)
def test_what_was_usual_for_a_language_is_guessed(language: str, charset: str, words: str) -> None:
    data = f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n".encode(charset)
    assert parse(data, "a.srt", language) == [Cue(1000, 2000, words)]


def test_one_broken_character_does_not_make_utf8_another_encoding() -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nПривет, мир, и снова X\n".encode().replace(b"X", b"\xd0")  # noqa: RUF001 - Russian
    assert parse(data, "a.srt") == [Cue(1000, 2000, "Привет, мир, и снова \ufffd")]


@pytest.mark.parametrize(
    ("source", "words", "settings"),
    [
        ("{\\an8}Up <b>there</b>", "Up <b>there</b>", "line:0"),
        ("{\\an1}{\\i1}Left{\\i0} down", "<i>Left</i> down", "align:left"),
        ("<I>never closed", "<i>never closed</i>", ""),
        ("<i>one <b>two</i> three</b>", "<i>one </i><b><i>two</i> three</b>", ""),
        ("one<br/>two", "one\ntwo", ""),
        ("a --> b", "a --&gt; b", ""),
        ("&amp;&lt;i&gt; &#65;&nbsp;x", "&amp;&lt;i> A\u00a0x", ""),
        ("<ruby>漢<rt>kan</rt></ruby>", "<ruby>漢<rt>kan</rt></ruby>", ""),
        ("<c.yellow>Hi</c> <00:00:01.500>you", "Hi you", ""),
        ("42", "42", ""),
        ("-\u2028-\x1b[31m", "-\u2028-[31m", ""),
    ],
)
def test_tags_are_closed_kept_or_dropped(source: str, words: str, settings: str) -> None:
    data = f"1\n00:00:01,000 --> 00:00:02,000\n{source}\n\n2\n00:00:05,000 --> 00:00:06,000\nnext\n"
    assert parse(data.encode(), "a.srt") == [Cue(1000, 2000, words, settings), Cue(5000, 6000, "next")]


def test_srt_is_read_with_patience() -> None:
    data = (
        "\ufeff1\n0:0:1,5 --> 00:00:2.500  X1:40 X2:600\n\nafter an empty line\n2\n"
        "00:03,000-->00:04,000\nno hours, no empty line before\n\n\n-00:00:05,000 --> 00:00:05,000\nearly"
    )
    assert parse(data.encode(), "a.srt") == [
        Cue(-5000, 5000, "early"),
        Cue(1500, 2500, "after an empty line"),
        Cue(3000, 4000, "no hours, no empty line before"),
    ]


def test_a_cue_of_a_megabyte_is_cut_and_costs_little() -> None:
    for source in ("x" * 1_000_000, "<" * 1_000_000, "{" * 1_000_000, "<i></i>" * 20_000 + "x" * 9000, "&" * 1_000_000):
        [cue] = parse(b"1\n00:00:01,000 --> 00:00:02,000\n" + source.encode(), "a.srt")
        assert cue.text.replace("&lt;", "<").replace("&amp;", "&").removesuffix("</i>").endswith("…")
        assert len(cue.text) < 20_000


def test_a_hundred_thousand_cues_are_read_and_one_more_is_too_many() -> None:
    cue = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"
    assert len(parse(cue * 100_000, "a.srt")) == 100_000
    with pytest.raises(Invalid) as refused:
        parse(cue * 100_001, "a.srt")
    assert refused.value.detail == "The subtitle file a.srt holds more than 100,000 cues."


HEADS = [
    "1\n00:00:01,000 --> 00:00:02,000\n",
    "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,",
    '<tt><body><p begin="1s" end="2s">',
]
PIECES = [
    "<i>",
    "</i>",
    "<b>",
    "{\\i1}",
    "{\\p1}",
    "\\N",
    "\n",
    "&lt;",
    "-->",
    "<ruby>",
    "<rt>",
    "a",
    " ",
    "</p>",
    "</body></tt>",
    "<",
    "&",
]


@given(
    st.binary(max_size=400)
    | st.tuples(st.sampled_from(HEADS), st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join)).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_any_bytes_are_cues_or_a_sentence(data: bytes) -> None:
    try:
        cues = parse(data, "a.srt")
    except Invalid:
        return
    assert parse(written(cues).encode(), "a.vtt") == cues


def test_cutting_takes_as_long_as_what_comes_out() -> None:
    cues = [Cue(number * 300, number * 300 + 200, "x") for number in range(100_000)]
    segments = cut(cues, list(range(0, 30_000_001, 4000)))
    assert sum(text.count("-->") for text in segments) == sum(
        (cue.end_ms - 1) // 4000 - cue.start_ms // 4000 + 1 for cue in cues
    )


def test_a_cue_stands_in_every_segment_that_it_is_shown_in() -> None:
    segments = cut([Cue(1000, 2000, "one"), Cue(3500, 9000, "long")], [0, 4000, 8000, 12000, 13000])
    assert [("one" in text, "long" in text) for text in segments] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
    ]
    assert segments[3] == "WEBVTT\n\n"
