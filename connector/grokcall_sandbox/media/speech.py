"""Speech: spoken by espeak-ng where it is installed, else a tone for every word, as long as speaking would take."""

import shutil
import subprocess
import zlib

import numpy as np
from numpy.typing import NDArray

from grokcall_sandbox.media.sounds import Samples, decode_wave

SECONDS_PER_CHARACTER = 0.06
_WORDS_PER_MINUTE = 170
_SECONDS_TO_SPEAK = 120.0
_LOUDNESS = 9_000


def speak(text: str, language: str, voice: str, rate: int, speed: float) -> Samples:
    """The samples of a spoken text, one channel.

    Args:
        text: What to say.
        language: A language tag; `auto` is taken for English.
        voice: A voice id; it sets the pitch.
        rate: Samples per second.
        speed: 1.0 is normal; 1.5 takes two thirds of the time.
    """
    program = shutil.which("espeak-ng")
    spoken = _pronounce(program, text, language, voice, speed) if program else None
    return decode_wave(spoken, rate) if spoken else sound_tones(text, voice, rate, speed)


def sound_tones(text: str, voice: str, rate: int, speed: float) -> Samples:
    """A soft tone for each word and silence for each blank; the same text gives the same tones."""
    per_character = SECONDS_PER_CHARACTER / speed
    samples = np.zeros(max(1, round(len(text) * per_character * rate)), np.int16)
    base = 150.0 + zlib.crc32(voice.encode()) % 120
    place = 0
    for word in text.split():
        place = text.index(word, place)
        start = round(place * per_character * rate)
        place += len(word)
        length = min(round(place * per_character * rate), len(samples)) - start
        samples[start : start + length] = _tone(base * (1 + zlib.crc32(word.encode()) % 12 / 12), length, rate)
    return samples


def _tone(pitch: float, length: int, rate: int) -> Samples:
    steps = np.arange(length, dtype=np.float32)
    fade = np.minimum(1, np.minimum(steps, length - 1 - steps) / (0.01 * rate))
    wave: NDArray[np.float32] = np.sin(2 * np.pi * pitch / rate * steps) * fade * _LOUDNESS
    return wave.astype(np.int16)


def _pronounce(program: str, text: str, language: str, voice: str, speed: float) -> bytes | None:
    tongue = "en" if language == "auto" else language.split("-")[0].lower().replace("zh", "cmn")
    pitch = 30 + zlib.crc32(voice.encode()) % 40
    command = [
        program,
        "--stdin",
        "--stdout",
        "-v",
        tongue,
        "-p",
        str(pitch),
        "-s",
        str(round(_WORDS_PER_MINUTE * speed)),
    ]
    try:
        # The text goes in by standard input, so nothing of it is ever read as an option.
        run = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_SECONDS_TO_SPEAK, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout or None
