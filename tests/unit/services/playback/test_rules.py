from __future__ import annotations

import pytest

from matinee.services.playback.contract import Device, NoSuitableFile, Screen
from matinee.services.playback.rules import Fit, keeping, suitable
from matinee.terms.rendition import Rendition, Track


def video(height: int, codecs: str = "avc1.64001f", width: int = 0) -> Rendition:
    return Rendition(
        f"v{height}-{codecs}",
        Track.VIDEO,
        "v",
        codecs,
        height * 4000,
        height * 3000,
        width=width or height * 16 // 9,
        height=height,
    )


LADDER = [video(height) for height in (1080, 720, 540, 360, 240)]
AUDIO = Rendition("a", Track.AUDIO, "a", "mp4a.40.2", 130_000, 128_000)
TEXT = Rendition("t", Track.TEXT, "t", "wvtt", 1000, 1000)
ALL = [*LADDER, AUDIO, TEXT]


def heights(device: Device, max_height: int = 2160, of: list[Rendition] = ALL) -> set[int]:
    return {r.height for r in suitable(of, Fit(device, max_height)) if r.track is Track.VIDEO}


def test_never_above_the_plan() -> None:
    assert heights(Device(), 720) == {720, 540, 360, 240}
    assert heights(Device(), 700) == {540, 360, 240}


def test_the_lowest_always_stays() -> None:
    assert heights(Device(screen=Screen(100, 100)), 100) == {240}


@pytest.mark.parametrize(
    ("screen", "most"),
    [((1280, 720), 720), ((1200, 700), 720), ((1290, 730), 1080), ((4096, 2160), 1080), ((390, 844), 540)],
)
def test_at_most_one_step_above_the_screen_either_way_up(screen: tuple[int, int], most: int) -> None:
    assert max(heights(Device(screen=Screen(*screen)))) == most
    assert max(heights(Device(screen=Screen(*screen[::-1])))) == most


def test_the_first_part_of_a_codec_string_decides() -> None:
    both = [*LADDER, video(721, "av01.0.04M.08"), AUDIO, TEXT]
    assert 721 not in heights(Device(codecs=["avc1.42E01E"]), of=both)
    assert heights(Device(codecs=["AV01.0.01M.08"]), of=both) == {721}
    with pytest.raises(NoSuitableFile):
        suitable(both, Fit(Device(codecs=["hvc1.1.6.L93.B0"]), 1080))


def test_all_audio_and_text_stay_after_the_video() -> None:
    chosen = suitable(ALL, Fit(Device(codecs=["avc1.42E01E"]), 360))
    assert chosen[-2:] == [AUDIO, TEXT]
    assert suitable([AUDIO], Fit(Device(), 1080)) == [AUDIO]


def test_the_downlink_orders_the_start_and_cuts_nothing() -> None:
    device = Device(downlink_kbps=3000)  # carries 2400 kb/s: 540 lines at 2160, not 720 at 2880
    assert [r.height for r in suitable(LADDER, Fit(device, 1080))] == [540, 360, 240, 720, 1080]
    slow = Device(downlink_kbps=10)
    assert [r.height for r in suitable(LADDER, Fit(slow, 1080))] == [240, 360, 540, 720, 1080]
    fast = Device(downlink_kbps=100_000)
    assert [r.height for r in suitable(LADDER, Fit(fast, 1080))] == [1080, 720, 540, 360, 240]


def test_a_portrait_film_is_measured_by_its_shorter_side() -> None:
    upright = [video(1280, width=720), video(640, width=360)]
    assert heights(Device(), 720, of=upright) == {1280, 640}


def av1(height: int, share: float = 0.6) -> Rendition:
    form = video(height, "av01.0.04M.08")
    return Rendition(
        form.id,
        form.track,
        form.folder,
        form.codecs,
        form.bandwidth_bps,
        int(form.average_bps * share),
        width=form.width,
        height=height,
    )


BOTH = Device(codecs=["avc1.640028", "av01.0.08M.08", "mp4a.40.2"])


def families(of: list[Rendition], device: Device = BOTH, max_height: int = 2160) -> set[str]:
    chosen = suitable(of, Fit(device, max_height))
    return {r.codecs.partition(".")[0] for r in chosen if r.track is Track.VIDEO}


def test_one_codec_alone_the_one_that_takes_fewer_bits_for_the_same_height() -> None:
    light, heavy = [av1(height) for height in (1080, 540)], [av1(height, 1.2) for height in (1080, 540)]
    assert families([*LADDER, *light, AUDIO]) == {"av01"}
    assert families([*light, *LADDER, AUDIO]) == {"av01"}
    assert families([*LADDER, *heavy, AUDIO]) == {"avc1"}
    assert families([*LADDER, *light], Device(codecs=["avc1.640028"])) == {"avc1"}


def test_height_goes_before_bits_within_the_plan() -> None:
    half = [av1(540), av1(360)]
    assert families([*LADDER, *half]) == {"avc1"}
    assert families([*LADDER, *half], max_height=540) == {"av01"}


def test_who_names_no_codec_gets_the_one_that_plays_everywhere() -> None:
    assert families([av1(1080), *LADDER], Device()) == {"avc1"}
    assert families([av1(1080)], Device()) == {"av01"}


def test_what_plays_keeps_its_codec_when_others_come() -> None:
    playing = suitable([video(240), AUDIO], Fit(BOTH, 1080))
    again = keeping(Fit(BOTH, 1080), playing)
    assert {r.codecs for r in suitable([*LADDER, av1(1080), AUDIO], again)} == {"avc1.64001f", "mp4a.40.2"}
    assert keeping(Fit(BOTH, 1080), [AUDIO]) == Fit(BOTH, 1080)
