from __future__ import annotations

import pytest

from matinee.ingest.subtitles import Cue, parse
from matinee.runtime.errors import Invalid


def document(body: str, head: str = "", root: str = "", namespace: str = "http://www.w3.org/ns/ttml") -> bytes:
    styling = f'xmlns:tts="{namespace}#styling" xmlns:ttp="{namespace}#parameter"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<tt xml:lang="de" xmlns="{namespace}" {styling} {root}>'
        f"<head>{head}</head><body><div>{body}</div></body></tt>"
    ).encode()


@pytest.mark.parametrize(
    "namespace",
    ["http://www.w3.org/ns/ttml", "http://www.w3.org/2006/10/ttaf1", "http://www.w3.org/2006/04/ttaf1"],
)
def test_every_edition_is_read(namespace: str) -> None:
    data = document('<p begin="00:00:01.500" end="00:00:02.250">\n  Guten<br/> Tag\n</p>', namespace=namespace)
    assert parse(data, "a.ttml") == [Cue(1500, 2250, "Guten\nTag")]


def test_prefixes_comments_and_other_encodings_do_not_matter() -> None:
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!-- made by hand --><x:tt xmlns:x="http://www.w3.org/ns/ttml"><x:body>'
        '<x:div><x:p begin="1s" end="2s">Grüße <!-- so --> &amp; &lt;Küsse&gt;</x:p></x:div></x:body></x:tt>'
    )
    assert parse(text.encode("latin-1"), "a.dfxp") == [Cue(1000, 2000, "Grüße &amp; &lt;Küsse>")]


@pytest.mark.parametrize(
    ("times", "root", "expected"),
    [
        ('begin="00:00:01" end="00:00:02"', "", (1000, 2000)),
        ('begin="1.5s" dur="500ms"', "", (1500, 2000)),
        ('begin="0.5m" end="1h"', "", (30_000, 3_600_000)),
        ('begin="00:00:01:12" end="00:00:02:00"', 'ttp:frameRate="24"', (1500, 2000)),
        ('begin="24f" end="48f"', 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', (1001, 2002)),
        ('begin="10000000t" end="25000000t"', 'ttp:tickRate="10000000"', (1000, 2500)),
        (
            'begin="01:00:00:00" end="01:00:01:00"',
            'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"',
            (3_603_600, 3_604_601),
        ),
        (
            'begin="01:00:00:00" end="01:00:01:00"',
            'ttp:timeBase="smpte" ttp:dropMode="dropNTSC" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"',
            (3_600_000, 3_601_000),
        ),
    ],
)
def test_times_are_clocks_seconds_frames_and_ticks(times: str, root: str, expected: tuple[int, int]) -> None:
    assert [(cue.start_ms, cue.end_ms) for cue in parse(document(f"<p {times}>x</p>", root=root), "a.ttml")] == [
        expected
    ]


def test_times_count_from_what_they_stand_in() -> None:
    body = (
        '</div><div begin="10s" end="20s"><p begin="1s" end="2s">one</p><p begin="8s" end="15s">cut</p></div>'
        '<div timeContainer="seq"><p dur="2s">first</p><p dur="3s">then</p></div>'
        '<div><p><span begin="30s" end="31s">timed</span><span begin="31s" end="32s">spans</span></p>'
    )
    assert parse(document(body), "a.ttml") == [
        Cue(0, 2000, "first"),
        Cue(2000, 5000, "then"),
        Cue(11_000, 12_000, "one"),
        Cue(18_000, 20_000, "cut"),
        Cue(30_000, 31_000, "timed"),
        Cue(31_000, 32_000, "spans"),
    ]


HEAD = """
<styling>
  <style xml:id="base" tts:textAlign="center" tts:color="white"/>
  <style xml:id="voice" style="base" tts:fontStyle="italic"/>
</styling>
<layout>
  <region xml:id="top" tts:origin="10% 10%" tts:extent="80% 10%" tts:displayAlign="before"/>
  <region xml:id="low" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"/>
  <region xml:id="nested"><style tts:origin="0px 40px"/><style tts:extent="1280px 100px"/></region>
  <region xml:id="bare"/>
</layout>
"""


@pytest.mark.parametrize(
    ("body", "words", "settings"),
    [
        ('style="voice">thinking', "<i>thinking</i>", ""),
        ('><span style="voice">off</span> on', "<i>off</i> on", ""),
        ('tts:fontWeight="bold"><span tts:textDecoration="underline">x</span>y', "<b><u>x</u>y</b>", ""),
        ('tts:fontWeight="bold">x<span tts:fontWeight="normal">y</span>', "<b>x</b>y", ""),
        ('region="top">x', "x", "line:0"),
        ('region="low">x', "x", ""),
        ('region="nested">x', "x", "line:0"),
        ('region="bare">x', "x", "line:0"),
        ('region="nowhere">x', "x", ""),
        ('><span region="top">x</span>', "x", "line:0"),
        ('tts:textAlign="left">x', "x", "align:left"),
        ('region="top" tts:textAlign="end">x', "x", "line:0 align:end"),
        ('>x<span tts:visibility="hidden">secret</span><metadata>note</metadata>', "x", ""),
        ('xml:space="preserve">one   two', "one   two", ""),
        (
            '><span tts:ruby="container"><span tts:ruby="base">漢</span><span tts:ruby="text">kan</span></span>',
            "<ruby>漢<rt>kan</rt></ruby>",
            "",
        ),
    ],
)  # fmt: skip
def test_what_webvtt_can_say_stays(body: str, words: str, settings: str) -> None:
    data = document(f'<p begin="1s" end="2s" {body}</p>', HEAD, 'tts:extent="1280px 720px"')
    assert parse(data, "a.ttml") == [Cue(1000, 2000, words, settings)]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            f'<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY l0 "ha">{LAUGHS}]><tt><body><p begin="1s" end="2s">&l9;</p></body></tt>',
            "declares entities, which subtitles do not need; it was not read",
        ),
        (
            '<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]><tt><body><p begin="1s" end="2s">&x;</p></body></tt>',
            "declares entities, which subtitles do not need; it was not read",
        ),
        ('<!DOCTYPE tt SYSTEM "http://example.org/x.dtd"><tt><body/></tt>', "holds no text"),
        ('<tt><body><p begin="1s" end="2s">x', "is damaged: it is not well-formed XML"),
        ('<tt><body><p begin="1s" end="2s">&eacute;</p></body></tt>', "is damaged: it is not well-formed XML"),
        ("<tt>" + "<div>" * 5000, "is nested too deeply"),
        ("<html><body><tt>x</tt></body></html>", "is not TTML"),
        (
            '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s"/></div></body></tt>',
            "holds no text",
        ),
    ],
)
def test_a_bad_document_is_one_sentence(data: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(data.encode(), "a.ttml")
    assert refused.value.detail == f"The subtitle file a.ttml {sentence}."


def test_a_document_of_too_many_cues_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        parse(document('<p end="2s">x</p>' * 100_001), "a.ttml")
    assert refused.value.detail == "The subtitle file a.ttml holds more than 100,000 cues."
