from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from matinee.api import dash, hls
from matinee.api.delivery import Location
from matinee.api.images import nearest
from matinee.api.manifests import needed_bps, too_slow
from matinee.api.play import Doing, Heartbeat, position
from matinee.runtime.errors import NotFound
from matinee.services.playback.contract import Session
from matinee.terms.rendition import Rendition, Role, Track

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = {"d": "urn:mpeg:dash:schema:mpd:2011"}
AVC = Rendition("v", Track.VIDEO, "v", "avc1.64001f", 900, 800, width=640, height=360, frame_rate="24000/1001")
AV1 = Rendition("w", Track.VIDEO, "w", "av01.0.04M.08", 700, 600, width=640, height=360, frame_rate="24")
AAC = Rendition("a", Track.AUDIO, "a", "mp4a.40.2", 130, 128, "en", 'The "English"', channels=2, sample_rate=48000)
OPUS = Rendition("o", Track.AUDIO, "o", "opus", 100, 96, "en", "English", channels=6)
AT = Location("cdn-a", "http://a/URISigningPackage=x/t/e/")


def session(*renditions: Rendition) -> Session:
    return Session(
        "ses", "tok", "acc", "prf", "lgn", "ttl", "t/e", 10_500, 4004, list(renditions), "DE", NOW, NOW
    )  # fmt: skip


def test_codecs_that_a_player_cannot_switch_between_stand_apart() -> None:
    mpd = ET.fromstring(dash.manifest(session(AVC, AV1, AAC, OPUS), [AT], "http://g/steering?token=t"))
    groups = mpd.findall(".//d:AdaptationSet", NAMES)
    assert [group.get("contentType") for group in groups] == ["video", "video", "audio", "audio"]
    assert mpd.get("mediaPresentationDuration") == "PT10.501S"
    roles = [role.get("value") for role in mpd.findall(".//d:Role", NAMES)]
    assert sorted(roles) == ["alternate", "main"]


def test_the_last_segment_is_as_long_as_what_is_left() -> None:
    mpd = ET.fromstring(dash.manifest(session(AVC), [AT], "http://g/steering?token=t"))
    timeline = [dict(entry.attrib) for entry in mpd.findall(".//d:S", NAMES)]
    assert timeline == [{"t": "0", "d": "4004", "r": "1"}, {"t": "8008", "d": "2492"}]


def test_hls_joins_each_picture_with_each_family_of_sound() -> None:
    lines = hls.master(session(AVC, AAC, OPUS), [AT], "http://g/steering").decode().splitlines()
    variants = [line for line in lines if line.startswith("#EXT-X-STREAM-INF")]
    assert len(variants) == 2
    assert 'CODECS="avc1.64001f,mp4a.40.2"' in variants[0]
    assert "BANDWIDTH=1030," in variants[0]
    assert "FRAME-RATE=23.976" in variants[0]
    assert 'CODECS="avc1.64001f,opus"' in variants[1]
    assert "NAME=\"The 'English'\"" in lines[4]


def test_sound_alone_has_variants_too() -> None:
    lines = hls.master(session(AAC), [AT], "http://g/steering").decode().splitlines()
    assert lines[-1] == f"{AT.url}a/main.m3u8"
    assert lines[-2].startswith("#EXT-X-STREAM-INF:BANDWIDTH=130,")


@pytest.mark.parametrize(
    ("pathway", "throughput", "slow"),
    [
        ("cdn-a", "100", ["cdn-a"]),
        ('"cdn-a,cdn-b"', "100", ["cdn-a"]),
        ("cdn-a", "100000", []),
        ("", "100", []),
        ("cdn-a", "", []),
        ("cdn-a", "-5", []),
        ("cdn-a", "9" * 90, []),
    ],
)
def test_a_pathway_is_too_slow_below_what_the_least_picture_needs(
    pathway: str, throughput: str, slow: list[str]
) -> None:
    assert too_slow(pathway, throughput, needed_bps(session(AVC, AV1, AAC, OPUS))) == slow


@pytest.mark.parametrize(
    ("state", "seconds", "ms"), [(Doing.PLAYING, 1.5, 1500), (Doing.PLAYING, 99, 10_000), (Doing.ENDED, 3, 10_000)]
)
def test_a_position_stays_within_the_film(state: Doing, seconds: float, ms: int) -> None:
    assert position(Heartbeat(seconds, state, NOW), 10_000) == ms


def test_a_picture_without_a_width_is_not_there() -> None:
    with pytest.raises(NotFound):
        nearest([], 1)


def text(role: Role, label: str = "English", language: str = "en") -> Rendition:
    return Rendition(f"t-{role}-{label}", Track.TEXT, f"t-{role}", "wvtt", 900, 800, language, label, role=role)


DESCRIBED = Rendition("d", Track.AUDIO, "d", "mp4a.40.2", 130, 128, "en", "English", role=Role.DESCRIPTION)
COMMENTED = Rendition("c", Track.AUDIO, "c", "mp4a.40.2", 130, 128, "en", "English", role=Role.COMMENTARY)


def test_dash_says_what_each_track_is_for() -> None:
    texts = [text(role) for role in (Role.MAIN, Role.CAPTION, Role.FORCED, Role.COMMENTARY)]
    mpd = ET.fromstring(dash.manifest(session(AVC, COMMENTED, DESCRIBED, AAC, *texts), [AT], "http://g/s"))
    said = {
        group.findall("d:Representation", NAMES)[0].get("id"): (
            [each.get("value") for each in group.findall("d:Role", NAMES)],
            [(each.get("schemeIdUri"), each.get("value")) for each in group.findall("d:Accessibility", NAMES)],
        )
        for group in mpd.findall(".//d:AdaptationSet", NAMES)
    }
    purpose = "urn:tva:metadata:cs:AudioPurposeCS:2007"
    assert said == {
        "v": ([], []),
        "a": (["main"], []),
        "d": (["description"], [(purpose, "1")]),
        "c": (["commentary"], []),
        "t-main-English": (["subtitle"], []),
        "t-caption-English": (["caption"], [(purpose, "2")]),
        "t-forced-English": (["forced-subtitle"], []),
        "t-commentary-English": (["subtitle", "commentary"], []),
    }


def test_hls_says_what_each_track_is_for() -> None:
    texts = [text(role) for role in (Role.MAIN, Role.CAPTION, Role.FORCED)]
    lines = hls.master(session(AVC, COMMENTED, DESCRIBED, AAC, *texts), [AT], "http://g/s").decode().splitlines()
    media = [
        dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line.partition(":")[2]))
        for line in lines
        if "#EXT-X-MEDIA:" in line
    ]
    keys = ("TYPE", "DEFAULT", "AUTOSELECT", "FORCED", "CHARACTERISTICS")
    assert [tuple(each.get(key, "") for key in keys) for each in media] == [
        ("AUDIO", "NO", "NO", "", ""),
        ("AUDIO", "NO", "YES", "", '"public.accessibility.describes-video"'),
        ("AUDIO", "YES", "YES", "", ""),
        ("SUBTITLES", "NO", "YES", "NO", ""),
        (
            "SUBTITLES",
            "NO",
            "YES",
            "NO",
            '"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"',
        ),
        ("SUBTITLES", "NO", "YES", "YES", ""),
    ]


def test_no_two_tracks_of_a_group_have_one_name() -> None:
    lines = hls.master(
        session(AVC, *[text(Role.MAIN), text(Role.CAPTION), text(Role.MAIN, "English 2")]), [AT], "http://g/s"
    )
    assert re.findall(r'NAME="([^"]*)"', lines.decode()) == ["English", "English 2", "English 2 2"]


def test_a_commentary_alone_is_what_plays() -> None:
    lines = hls.master(session(AVC, COMMENTED), [AT], "http://g/s").decode()
    assert "DEFAULT=YES,AUTOSELECT=YES" in lines


def test_a_label_is_never_read_as_part_of_a_playlist() -> None:
    hostile = '{$token}"\n#EXT-X-ENDLIST\u2028\x85\x00'
    lines = hls.master(session(AVC, replace(AAC, label=hostile)), [AT], "http://g/steering").decode().splitlines()
    (name,) = (re.search(r'NAME="([^"]*)"', line) for line in lines if line.startswith("#EXT-X-MEDIA"))
    assert name is not None
    assert name[1] == "{ $token}' #EXT-X-ENDLIST"
    assert "{$" not in "".join(lines), "players stop at a variable that they do not know"
