"""The one exception of this package: a stable code for logs and programs, a plain Chinese message for users."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """What went wrong, for programs and logs. Values never change."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    SILK = "silk"
    NO_AUDIO = "no_audio"
    HEARD_NOTHING = "heard_nothing"
    BUSY = "busy"
    TIMEOUT = "timeout"
    WORKER_LOST = "worker_lost"
    CLOSED = "closed"
    MODEL_MISSING = "model_missing"
    NOTHING_TO_SAY = "nothing_to_say"
    SYNTHESIS_FAILED = "synthesis_failed"


MESSAGES: dict[Code, str] = {
    Code.EMPTY: "这条语音是空的，请您再说一遍。",
    Code.TOO_LARGE: "这段录音太大了，请说短一点再发。",
    Code.TOO_LONG: "这段录音太长了，请说短一点再发。",
    Code.UNREADABLE: "这个文件我打不开，请直接发语音，或者打字告诉我。",
    Code.SILK: "这种微信语音我读不了，请用别的方式录音，或者打字告诉我。",
    Code.NO_AUDIO: "这个文件里没有声音，请直接发语音，或者打字告诉我。",
    Code.HEARD_NOTHING: "我没听到您说话，请您再说一遍。",
    Code.BUSY: "现在用的人多，请您等一会儿再说，或者打字告诉我。",
    Code.TIMEOUT: "这段话我听了太久没听完，请说短一点，或者打字告诉我。",
    Code.WORKER_LOST: "语音刚才出了点毛病，请您再说一遍，或者打字告诉我。",
    Code.CLOSED: "语音服务正在关闭，请您过一会儿再试，或者打字告诉我。",
    Code.MODEL_MISSING: "语音还没有准备好，请先打字告诉我。",
    Code.NOTHING_TO_SAY: "没有可以念的内容。",
    Code.SYNTHESIS_FAILED: "这段话念不出来，请看文字。",
}


class VoiceError(Exception):
    """A message that cannot be heard or spoken.

    Attributes:
        code: stable, see :class:`Code`.
        message: plain Chinese, shown to users as it is.
        detail: English, for logs and the operator; holds no personal data.
    """

    def __init__(self, code: Code | str, message: str = "", detail: str = "") -> None:
        self.code = Code(code)
        self.message = message or MESSAGES[self.code]
        self.detail = detail
        # The arguments make the exception picklable: it travels from the worker processes.
        super().__init__(self.code, self.message, self.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail or self.message}"
