"""What can go wrong in a turn: each has a stable ``code``, and plain Chinese for the user."""

from __future__ import annotations

UNSURE = (
    "我这边系统出了点问题，您刚才这句办没办成，我还说不准。请过一会儿跟我说“查进度”，看清了再办，别急着重来；"
    "事情急，请到银行网点找工作人员。"
)


class TurnError(Exception):
    """A turn that cannot be answered.

    Attributes:
        code: stable, machine-readable.
        message: plain Chinese that says what to do.
        status: the HTTP status that fits.
    """

    code = "turn_failed"
    status = 500
    message = UNSURE

    def __init__(self, message: str | None = None, *, code: str | None = None, status: int | None = None) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.status = status or self.status
        super().__init__(self.code)


class BadRequestError(TurnError):
    code = "bad_request"
    status = 400
    message = "这条消息的格式不对，我看不懂。"


class EmptyTextError(TurnError):
    code = "empty_text"
    status = 400
    message = "您这条消息是空的，请打字，或者按住说话。"


class TextTooLongError(TurnError):
    code = "text_too_long"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"这条消息太长了，我一次最多看{limit}个字。请您挑要紧的说。")


class BodyTooLargeError(TurnError):
    code = "too_large"
    status = 413
    message = "发来的内容太大了，我收不下。请您说短一点。"


class AudioTooLargeError(TurnError):
    code = "audio_too_large"
    status = 413
    message = "这段录音太大了，我听不了。请您说短一点，一两分钟以内最好。"


class UnauthorisedError(TurnError):
    code = "unauthorised"
    status = 401
    message = "没有使用权限，请检查密钥。"


class NotFoundError(TurnError):
    code = "not_found"
    status = 404
    message = "没有找到。"


class DialogueUnavailableError(TurnError):
    """The dialogue did not take the message: nothing was done."""

    code = "dialogue_unavailable"
    status = 503
    message = "我这边系统出了点问题，您的话还没有办。请过一会儿再说一遍；事情急，请到银行网点找工作人员。"


class OutcomeUnknownError(TurnError):
    """The dialogue took the message and gave no answer: it may have acted on it or not."""

    code = "outcome_unknown"
    status = 503
    message = UNSURE


class OvertakenError(OutcomeUnknownError):
    """A repeat that comes when the conversation has gone on: what it said then may mean something else now."""

    code = "overtaken"
    status = 409


class ServiceUnavailableError(TurnError):
    code = "service_unavailable"
    status = 503
    message = "这项服务这会儿连不上，请过一会儿再试。"
