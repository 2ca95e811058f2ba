"""Each engine passes the contract; what only one of them does is tested beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voice import tiny_models
from tests.voice.recogniser_contract import RecogniserContract
from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.recognisers import whisper
from voice.recognisers.base import Expects, Hints
from voice.recognisers.sherpa import SherpaRecogniser
from voice.recognisers.vosk import VoskRecogniser
from voice.recognisers.whisper import WhisperRecogniser
from voice.resample import resampled
from voice.synthesis.kokoro import KokoroSynthesiser

pytestmark = pytest.mark.unit


class TestWhisper(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def recogniser(cls, models_dir: Path) -> WhisperRecogniser:
        made = WhisperRecogniser(models_dir / "whisper-base", 2)
        made.load()
        return made

    def test_several_readings_are_given_with_their_scores(self, recogniser: WhisperRecogniser, speech: Samples) -> None:
        found = recogniser.transcribe(speech, Hints())
        assert len(found) >= 2
        assert [item.confidence for item in found] == sorted((item.confidence for item in found), reverse=True)

    def test_a_name_is_heard_as_the_hints_write_it(self, recogniser: WhisperRecogniser, models_dir: Path) -> None:
        """A village nobody has heard of, said by a voice: with the hint it is written right."""
        said = KokoroSynthesiser(models_dir / "kokoro", "zm_yunjian", 2).say("我家在柳数沟。")
        samples = resampled(said.samples, said.sample_rate, SAMPLE_RATE)
        assert "柳数沟" not in recogniser.transcribe(samples, Hints())[0].text
        assert "柳数沟" in recogniser.transcribe(samples, Hints(terms=("柳数沟",)))[0].text

    def test_on_the_line_a_long_sentence_is_heard_to_its_end(
        self, recogniser: WhisperRecogniser, models_dir: Path
    ) -> None:
        voice = KokoroSynthesiser(models_dir / "kokoro", "zm_yunjian", 2)
        said = voice.say("我家种了十亩玉米，去年收成不好，今年想多买一点化肥和种子，家里的钱不够，所以想找银行贷款。")
        samples = resampled(said.samples, said.sample_rate, SAMPLE_RATE)
        heard = recogniser.transcribe(samples, Hints(live=True))[0]
        assert samples.size > 8 * SAMPLE_RATE
        assert "玉米" in heard.text
        assert "贷款" in heard.text[-6:]
        assert heard.confidence > whisper._DOUBT, "it was not heard a second time"

    def test_on_the_line_what_is_doubted_is_heard_twice_and_both_count(
        self, recogniser: WhisperRecogniser, speech: Samples, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        once = recogniser.transcribe(speech, Hints(live=True))
        monkeypatch.setattr(whisper, "_DOUBT", 1.1)
        twice = recogniser.transcribe(speech, Hints(live=True))
        scores = {one.text: one.confidence for one in twice}
        assert all(scores[one.text] >= one.confidence for one in once)
        assert list(scores.values()) == sorted(scores.values(), reverse=True)
        assert recogniser.transcribe(0 * speech, Hints(live=True)) == []


class TestVosk(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def recogniser(cls, vosk_directory: Path) -> VoskRecogniser:
        made = VoskRecogniser(vosk_directory)
        made.load()
        return made

    def test_partial_results_come_while_somebody_speaks(self, recogniser: VoskRecogniser, speech: Samples) -> None:
        stream = recogniser.stream(Hints())
        partials = [stream.feed(speech[start : start + 1600]) for start in range(0, speech.size, 1600)]
        assert len(set(partials)) > 2

    def test_a_grammar_holds_only_words_that_the_model_knows(self, recogniser: VoskRecogniser) -> None:
        assert recogniser._make_grammar(("네", "种植贷款", "네 아니요", "네种")) == ("네", "네 아니요")
        assert recogniser._make_grammar(("种植贷款", "", '"]')) == ()

    def test_a_menu_gives_its_words_or_hears_freely(self, recogniser: VoskRecogniser, speech: Samples) -> None:
        free = [item.text for item in recogniser.transcribe(speech, Hints())]
        menu = recogniser.transcribe(speech, Hints(terms=("네", "아니요"), expects=Expects.MENU))
        assert free[0] in [item.text for item in menu]


def _tiny(kind: str, directory: Path) -> Path:
    if kind == "zipformer_ctc":
        return tiny_models.zipformer_ctc(directory)
    if kind == "sense_voice":
        return tiny_models.sense_voice(directory)
    return tiny_models.transducer(directory, streaming=kind == "streaming_transducer")


@pytest.mark.parametrize(
    "recogniser", ["zipformer_ctc", "sense_voice", "transducer", "streaming_transducer"], indirect=True, scope="class"
)
class TestSherpa(RecogniserContract):
    """The real engine on networks made here: nobody's model, see ``tiny_models.py``."""

    @pytest.fixture(scope="class")
    @classmethod
    def recogniser(cls, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SherpaRecogniser:
        made = SherpaRecogniser(_tiny(request.param, tmp_path_factory.mktemp("sherpa")), None, 1)
        made.load()
        assert made.kind == request.param
        return made


def test_a_streaming_network_gives_partial_results(tmp_path: Path, speech: Samples) -> None:
    recogniser = SherpaRecogniser(tiny_models.transducer(tmp_path, streaming=True), None, 1)
    recogniser.open()
    stream = recogniser.stream(Hints(terms=("好",)))
    partials = [stream.feed(speech[start : start + 3200]) for start in range(0, speech.size, 3200)]
    assert partials[0] == ""
    assert partials[-1] == "好"


@pytest.mark.parametrize("kind", ["absent", "empty", "broken"])
@pytest.mark.parametrize("engine", [VoskRecogniser, lambda path: SherpaRecogniser(path, None, 1)])
def test_a_broken_directory_is_refused_in_one_line(tmp_path: Path, engine, kind: str) -> None:  # type: ignore[no-untyped-def]
    directory = tmp_path / "model"
    if kind != "absent":
        (directory / "am").mkdir(parents=True)
    if kind == "broken":
        (directory / "am" / "final.mdl").write_bytes(b"not a model")
        (directory / "model.onnx").write_bytes(b"not a model")
        (directory / "tokens.txt").write_text("<blk> 0\n")
    with pytest.raises(VoiceError) as caught:
        engine(directory).load()
    assert caught.value.code is Code.MODEL_MISSING
    assert str(directory) in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("kind", ["paraformer", "whisper", "qwen3_asr", "zipformer_ctc", "nonsense"])
def test_a_wrong_kind_ends_no_process_of_ours(tmp_path: Path, kind: str) -> None:
    """The engine ends its process at a network of another kind: it is ours to survive that."""
    tiny_models.sense_voice(tmp_path)
    with pytest.raises(VoiceError) as caught:
        SherpaRecogniser(tmp_path, kind, 1).load()
    assert caught.value.code is Code.MODEL_MISSING
    assert len(caught.value.detail.splitlines()) == 1


def test_the_kind_is_told_from_files_metadata_or_name(tmp_path: Path) -> None:
    from voice.recognisers.sherpa_kinds import detect

    sense = tiny_models.sense_voice(tmp_path / "a")
    assert detect(sense).kind == "sense_voice"
    (sense / "model.onnx").write_bytes(b"the larger one")
    assert detect(sense).files["model"].endswith("model.int8.onnx")
    nameless = tmp_path / "sherpa-onnx-telespeech-ctc-zh"
    tiny_models.zipformer_ctc(nameless, model_type="")
    assert detect(nameless).kind == "telespeech"
    unknown = tiny_models.zipformer_ctc(tmp_path / "b", model_type="tdnn")
    with pytest.raises(VoiceError, match="'tdnn'; name the kind by setting"):
        detect(unknown)
    assert detect(unknown, "dolphin").kind == "dolphin"
    fire = tmp_path / "c"
    fire.mkdir()
    for name in ("encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"):
        (fire / name).write_bytes(b"")
    assert detect(fire).kind == "fire_red_asr"
    (fire / "conv_frontend.onnx").write_bytes(b"")
    with pytest.raises(VoiceError, match="no directory tokenizer"):
        detect(fire)
    (fire / "tokenizer").mkdir()
    assert detect(fire).kind == "qwen3_asr"


@pytest.mark.parametrize(
    ("text", "recital"),
    [
        ("贷款电费化肥", True),  # three of them, wherever they stand in the list
        ("贷款 补贴，化肥。", True),
        ("贷款化肥", False),
        ("贷款买化肥交电费", False),
        ("", False),
    ],
)
def test_a_recital_of_hot_words_is_known(text: str, recital: bool) -> None:
    assert whisper._echoes(text, "贷款 化肥 农药 补贴 电费") is recital
