from __future__ import annotations

import wave
from pathlib import Path

import pytest

from matinee.demo import instruments, music, speech
from matinee.demo.instruments import SAMPLE_RATE, Instrument
from matinee.demo.music import Piece
from matinee.demo.speech import Speaker

PIECE = Piece(chords=[[48, 55, 60]], pattern=[0, 2, None, 1], bar_s=1.0, melody=[(72, 0.5), (None, 0.5)], wind=0.2)
SPEAKER = Speaker(pitch=120)


@pytest.mark.parametrize("instrument", Instrument)
def test_a_piece_is_the_same_each_time_and_as_long_as_its_film(instrument: Instrument, tmp_path: Path) -> None:
    piece = Piece(PIECE.chords, PIECE.pattern, PIECE.bar_s, instrument=instrument, melody=PIECE.melody, lead=instrument)
    mix = music.play(piece, 2)
    assert mix == music.play(piece, 2)
    assert max(map(abs, mix)) == pytest.approx(1)
    music.save(mix, tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as found:
        assert found.getnframes() == 2 * found.getframerate()


def test_a_note_has_its_pitch() -> None:
    assert instruments.hertz(69) == 440
    assert instruments.hertz(57) == 220


def test_music_makes_room_for_a_voice() -> None:
    score = music.play(PIECE, 2)
    mixed = music.under(score, [(0.5, [0.0] * SAMPLE_RATE)])
    middle = slice(SAMPLE_RATE * 3 // 4, SAMPLE_RATE * 5 // 4)
    assert max(mixed[middle]) < 0.5 * max(score[middle])
    assert mixed[-1] == score[-1]


def test_a_voice_says_other_sounds_otherwise() -> None:
    good, guten = speech.say(SPEAKER, "g 'uh d"), speech.say(SPEAKER, "g 'uw t ax n")
    assert good == speech.say(SPEAKER, "g 'uh d")
    assert good != guten[: len(good)]
    assert 0.5 < max(map(abs, guten)) < 1
    assert len(guten) == pytest.approx(speech.lasts(SPEAKER, "g 'uw t ax n") * SAMPLE_RATE, rel=0.1)


def test_nobody_can_say_what_is_no_sound() -> None:
    with pytest.raises(KeyError):
        speech.say(SPEAKER, "g qq")
