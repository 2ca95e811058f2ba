"""Words invented where nobody speaks: ``python -m benchmarks.voice_silence [N] [SEED]``, and speech lost beside it.

N clips of silence, noise and music (``voice_sounds.py``) go through speech detection and the embedded recogniser; then
sentences by the embedded voice, clean and in noise, go the same way, for a check that drops speech is no cure. One JSON
object on stdout. Thresholds were chosen on seeds 7 and 2026; the default seed is another.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.voice_sounds import KINDS, RATE, Sound, clips
from settings import load_settings
from voice.activity import SpeechDetector, beyond_doubt, find_speech
from voice.config import VoiceConfig
from voice.errors import VoiceError
from voice.hearing import Hearing, HearingConfig, HearJob
from voice.recognisers.base import Hints
from voice.resample import resampled
from voice.synthesis.kokoro import KokoroSynthesiser

SENTENCES = ("好。", "不对。", "我想交电费。", "玉米叶子发黄打什么药。", "有人让我转账是不是骗子。")
VOICES = ("zf_xiaoni", "zm_yunxi")
NOISES = (("clean", 99), ("pink", 10), ("engine", 10), ("white", 5))


def main(number: int, seed: int) -> None:
    config = VoiceConfig.from_settings(load_settings())
    hearing, detector = Hearing(HearingConfig(config.hearing[-1], config.hear_threads)), SpeechDetector()
    passed: Counter[str] = Counter()
    doubtless: Counter[str] = Counter()
    invented: list[dict[str, str]] = []
    for kind, sound in tqdm(clips(number, seed), total=number, file=sys.stderr):
        try:
            spans = find_speech(detector, sound)
        except VoiceError:
            continue
        passed[kind] += 1
        doubtless[kind] += beyond_doubt(spans)
        try:
            invented.append({"kind": kind, "text": hearing(HearJob(sound, Hints())).hypotheses[0].text})
        except VoiceError:
            continue
    lost: Counter[str] = Counter()
    spoken = 0
    chance = np.random.default_rng(seed)
    for voice in tqdm(VOICES, file=sys.stderr):
        speaker = KokoroSynthesiser(config.speaking_dir, voice, config.speak_threads)
        for sentence in SENTENCES:
            said = speaker.say(sentence)
            for noise, ratio in NOISES:
                spoken += 1
                clip = within(resampled(said.samples, said.sample_rate, RATE), noise, ratio, chance)
                try:
                    hearing(HearJob(clip, Hints()))
                except VoiceError:
                    lost[f"{noise} {sentence}"] += 1
    report = {
        "clips": number,
        "seed": seed,
        "taken_for_speech": dict(passed),
        "beyond_doubt": dict(+doubtless),
        "invented": invented,
        "spoken": spoken,
        "lost": dict(lost),
    }
    print(json.dumps(report, ensure_ascii=False))


def within(speech: Sound, noise: str, ratio_db: float, chance: np.random.Generator) -> Sound:
    """Speech with half a second of noise before and after, at a signal-to-noise ratio."""
    padded = np.pad(speech, RATE // 2)
    if noise == "clean":
        return padded
    sound = KINDS[noise](chance, padded.size)
    sound *= np.sqrt(np.mean(speech**2) / np.mean(sound**2) / 10 ** (ratio_db / 10))
    mixed = padded + sound
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, int(sys.argv[2]) if len(sys.argv) > 2 else 31)
