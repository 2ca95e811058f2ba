"""Files nobody should send, made from a seed: damaged, mislabelled, lying, naming other files or addresses."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator

import av
import numpy as np

_FORMATS = (
    ("ogg", "libopus", 48000), ("webm", "libopus", 48000), ("mp3", "libmp3lame", 44100), ("mp4", "aac", 44100),
    ("wav", "pcm_s16le", 16000), ("wav", "pcm_alaw", 8000), ("flac", "flac", 16000), ("amr", "libopencore_amrnb", 8000),
)  # fmt: skip


def hostile(number: int, seed: int, *, path: str, address: str) -> Iterator[tuple[str, bytes]]:
    """``number`` files, the kinds taking turns: (kind, bytes).

    Args:
        path: a readable sound file that playlists name; it must never be opened.
        address: ``host:port`` that playlists and session descriptions name; nobody may connect to it.
    """
    chance = random.Random(seed)
    sound = _recordings()
    lists = _lists(path, address)
    makers = (
        lambda: ("damaged", _damaged(chance, chance.choice(sound))),
        lambda: ("truncated", (whole := chance.choice(sound))[: chance.randrange(1, len(whole))]),
        lambda: ("spliced", _spliced(chance, sound)),
        lambda: ("lying header", _lying(chance)),
        lambda: ("list", chance.choice(lists)),
        lambda: ("disguised list", chance.choice(sound)[: chance.choice((4, 12, 64))] + chance.choice(lists)),
        lambda: ("random bytes", chance.randbytes(chance.randint(1, 20_000))),
        lambda: ("picture or video", chance.choice(_PICTURES)),
        lambda: ("silk", chance.choice((b"", b"\x02")) + b"#!SILK_V3" + chance.randbytes(200)),
    )
    for index in range(number):
        yield makers[index % len(makers)]()


def _recordings() -> list[bytes]:
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)).astype(np.float32)
    return [encoded(tone, *each) for each in _FORMATS if each[1] in av.codecs_available]


def encoded(samples: np.ndarray, container: str, codec: str, rate: int) -> bytes:
    """Mono 48 kHz samples as a file."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.codec_context.format or "s16", layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(piece)
        while (piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True)) is not None:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return target.getvalue()


def _damaged(chance: random.Random, whole: bytes) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 40)):
        at = chance.randrange(min(len(data), chance.choice((64, 512, 4096, 10**6))))
        data[at] = chance.randrange(256)
    return bytes(data)


def _spliced(chance: random.Random, sound: list[bytes]) -> bytes:
    first, second = chance.choice(sound), chance.choice(sound)
    return first[: chance.randint(4, min(3000, len(first)))] + second[chance.randrange(len(second)) :]


def _lying(chance: random.Random) -> bytes:
    """Headers that claim hours, gigabytes, hundreds of channels or no rate at all, over a few bytes of sound."""
    body = bytes([128]) * chance.randint(0, 32_000)
    rate = chance.choice((0, 1, 2, 100, 8000, 44100, 192_001, 2**31 - 1, 2**32 - 1))
    channels = chance.choice((0, 1, 2, 9, 255, 65535))
    claimed = chance.choice((0, len(body), 2**31 - 1, 2**32 - 1, 16_000 * 16_000))
    kind = chance.choice((1, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE))
    wav = b"RIFF" + struct.pack(
        "<I4s4sIHHIIHH4sI", chance.choice((claimed, 36)), b"WAVE", b"fmt ", 16, kind, channels, rate,
        chance.choice((0, rate)), chance.choice((0, 1, channels)), chance.choice((0, 8, 16, 64)), b"data", claimed,
    )  # fmt: skip
    flac = b"fLaC\x80\x00\x00\x22" + struct.pack(">HH", 16, 65535) + bytes(6) + (
        (8000 << 44) | (7 << 36) | (2**36 - 1)
    ).to_bytes(8, "big") + bytes(16)  # fmt: skip
    mov = struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + struct.pack(">I4s", 2**31 - 1, b"moov") + body[:64]
    return chance.choice((wav + body, flac + body, mov, b"#!AMR\n" + body, b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + body))


def _lists(path: str, address: str) -> list[bytes]:
    texts = (
        f"ffconcat version 1.0\nfile '{path}'\n",
        f"ffconcat version 1.0\nfile 'http://{address}/a.wav'\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{path}\n#EXT-X-ENDLIST\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n",
        f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://{address}/k"\n#EXTINF:1,\nconcat:{path}|{path}\n',
        f"v=0\no=- 0 0 IN IP4 {address.split(':')[0]}\ns=x\nc=IN IP4 {address.split(':')[0]}\nt=0 0\n"
        f"m=audio {address.split(':')[1]} RTP/AVP 0\n",
        f"[playlist]\nFile1={path}\nNumberOfEntries=1\n",
        f"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period><AdaptationSet>"
        f"<Representation id='1' mimeType='audio/mp4'><BaseURL>file://{path}</BaseURL></Representation>"
        f"</AdaptationSet></Period></MPD>",
        f"rtsp://{address}/x",
        f"file:{path}",
        f"subfile,,start,0,end,0,,:{path}",
        f"{path}\n",
    )
    return [text.encode() for text in texts]


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    # Twenty thousand pixels a side out of a few kilobytes.
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6), 9))
        + chunk(b"IEND", b"")
    )


def _video() -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 20, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target.getvalue()


_PICTURES = (
    _png(),
    _video(),
    b"GIF89a" + bytes(200),
    b"\xff\xd8\xff\xe0" + bytes(500),
    b"%PDF-1.7\n" + bytes(300),
    b"PK\x03\x04" + bytes(90),
)
