"""The words to pretrain on, who speaks them, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest

from tools.zoo.rooms import vary
from tools.zoo.synthesisers import speakers
from tools.zoo.words import WORDS

ESPEAK = 22


def test_telephones_pass_no_high_sounds_and_cut_ends_little() -> None:
    rng = np.random.default_rng(0)
    clip = rng.standard_normal(16000).astype(np.float32)
    clip[:800] = clip[-800:] = 0
    telephones = 0
    for _ in range(60):
        x = vary(clip, rng)
        assert 0.9 * 14400 < len(x) < 1.1 * 14400 and np.isfinite(x).all()
        spectrum = np.abs(np.fft.rfft(x)) ** 2
        high = spectrum[int(len(spectrum) * 4400 / 8000) :].sum() / spectrum.sum()
        assert high < 0.01 or high > 0.2  # of white noise: 0.45, less what the throat takes
        telephones += high < 0.01
    assert 10 < telephones < 32


@pytest.mark.parametrize("language", WORDS)
def test_all_words_differ_and_people_speak_as_often_as_espeak(language: str) -> None:
    words = WORDS[language].split()
    assert len(words) == len(set(words)) >= 70
    who = speakers(language, ESPEAK, np.random.default_rng(0))
    natural = [speaker for speaker in who if speaker.program != "espeak"]
    assert len({speaker.voice for speaker in who[:ESPEAK]}) == ESPEAK
    assert 14 <= len(natural) <= 25 and len(natural) == len(set(natural))
