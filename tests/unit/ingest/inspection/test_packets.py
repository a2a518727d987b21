from __future__ import annotations

from fractions import Fraction

from matinee.ingest.inspection.packets import Packets


def read(*lines: str, start: float = 0.0, container: str = "matroska,webm") -> Packets:
    packets = Packets(0, start, container)
    for line in lines:
        packets.on_line(line)
    return packets


def at(*times: float, lasting: float = 0.04) -> list[str]:
    return [f"0,{time:.6f},{time:.6f},{lasting:.6f},100,{place * 100},K__" for place, time in enumerate(times)]


def even(count: int, gap: float, start: float = 0.0) -> list[str]:
    return at(*(start + place * gap for place in range(count)), lasting=gap)


def test_a_film_is_as_long_as_its_packets_reach() -> None:
    packets = read(*even(25, 0.04), "1,0.000000,0.000000,1.500000,10,2500,K__")
    assert round(packets.picture_end(Fraction(25)), 6) == 1.0
    assert (packets.end(1), packets.end(7), packets.count, packets.bytes_read) == (1.5, 0.0, 25, 2510)


def test_what_an_edit_list_hides_does_not_count() -> None:
    packets = read("0,-0.500000,-0.500000,0.040000,1,0,KD_", *even(10, 0.1))
    assert (packets.count, packets.begin(0)) == (10, 0.0)


def test_the_last_picture_lasts_a_frame_where_the_file_does_not_say() -> None:
    lines = [f"0,{place / 10:.6f},{place / 10:.6f},N/A,100,N/A,___" for place in range(10)]
    assert round(read(*lines).picture_end(Fraction(10)), 6) == 1.0


def test_without_any_times_pictures_are_counted() -> None:
    assert read(*50 * ["0,N/A,N/A,N/A,100,0,K__"]).picture_end(Fraction(25)) == 2.0


def test_where_few_pictures_say_when_they_are_shown_their_decoding_tells() -> None:
    lines = [
        f"0,{'N/A' if place % 3 else f'{place / 25:.6f}'},{place / 25:.6f},0.040000,1,0,___" for place in range(30)
    ]
    packets = read(*lines)
    assert (packets.uneven(), round(packets.gap(), 3)) == (False, 0.04)


def test_rounded_times_are_even_and_missing_pictures_are_not() -> None:
    assert not read(*at(*(round(place / 29.97, 3) for place in range(100)))).uneven()
    assert read(*at(*(place / 30 for place in range(100) if place % 3))).uneven()


def test_one_hole_is_a_fault_and_no_rhythm() -> None:
    packets = read(*even(100, 0.04), *even(100, 0.04, start=9.0))
    assert (packets.uneven(), packets.holes()) == (False, [(3960, 9000)])
    assert read(*even(100, 0.04)).holes() == []


def test_the_pictures_of_three_hours_are_looked_through() -> None:
    """What looks at every picture for every picture never ends here."""
    assert read(*even(260_000, 0.04)).holes() == []


def test_a_clock_that_starts_again_goes_on() -> None:
    lines = [*even(50, 0.04, start=90000.0), *even(50, 0.04, start=10.0)]
    packets = read(*lines, start=90000.0, container="mpegts")
    assert (packets.jumps, round(packets.end(0), 2)) == (1, 3.96)
    assert read(*even(50, 0.04)).jumps == 0


def test_how_far_pictures_stand_behind_their_frames() -> None:
    assert round(read(*even(10, 0.04, start=1.08), start=1.0).late(0, Fraction(25)), 6) == 0.0
    assert round(read(*even(10, 0.04, start=1.10), start=1.0).late(0, Fraction(25)), 6) == 0.02
    assert read(*even(10, 0.04, start=0.0397)).late(0, Fraction(25)) == 0.0


def test_a_first_picture_of_another_length_moves_none_of_the_others() -> None:
    packets = read(*at(0.0, *(0.0214 + place / 25 for place in range(1, 60))))
    assert round(packets.late(0, Fraction(25)), 4) == 0.0214


def test_a_rounded_rate_moves_no_picture() -> None:
    """An hour at 23.976, its times in whole milliseconds."""
    packets = read(*at(*(round(place * 1.001 / 24, 3) for place in range(86_000))))
    assert packets.late(0, Fraction(24000, 1001)) == 0.0


def test_where_only_decoding_is_told_the_decoder_s_delay_counts() -> None:
    told = [f"0,N/A,{place / 25:.6f},0.040000,1,0,___" for place in range(30)]
    assert (read(*told).told_late, read(*even(30, 0.04)).told_late, read("0,N/A,N/A,0.04,1,0,_").told_late) == (
        True,
        False,
        False,
    )
    packets = read(*told)
    assert [packets.delay(0, shown) for shown in (0.08, 0.0, None, 900.0)] == [0.08, 0.0, 0.0, 1.0]


def test_where_packets_are_damaged() -> None:
    lines = [
        f"{place % 2},{place},{place},0.04,100,0,{'K_C' if place in (3, 4, 9, 11) else 'K__'}" for place in range(12)
    ]
    assert read(*lines, start=1.0).corrupt() == [(2000, 3000), (8000, 8000)]
    assert read(*even(20, 0.04)).corrupt() == []


def test_what_is_no_packet_is_passed_over() -> None:
    assert read("", "side_data", "x,1,2,3").count == 0
