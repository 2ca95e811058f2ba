"""The exception tree of the action server: a stable ``code`` for logs, plain Chinese for users."""

from __future__ import annotations


class ActionsError(Exception):
    """Something the action server could not do.

    Attributes:
        code: stable, machine-readable; goes to logs.
        message: plain Chinese, may be said to the user as it is; holds no personal data.
    """

    code = "actions_error"
    message = "我这边出了点问题，没有办成。"

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        super().__init__(self.code)


class KeyReused(ActionsError):
    """The same idempotency key came with other contents: nothing was stored."""

    code = "key_reused"
    message = "这笔业务前面已经提交过，内容和这次不一样，这次没有再提交。"


class KeyDropped(ActionsError):
    """The user said stop first: nothing is registered under this key any more."""

    code = "key_dropped"
    message = "这张单子您已经说不办了，没有交上去。要办，请重新说一遍。"


class LedgerUnavailable(ActionsError):
    """The ledger's database does not answer. A commit it cut off may have been stored: the same key finds out."""

    code = "ledger_unavailable"
    message = "登记系统暂时用不了，这会儿办不了。刚才要是正在提交，过一会儿说“查进度”，看看登记上没有。"


class Misconfigured(ActionsError):
    """A setting is missing or wrong; the process must not start."""

    code = "misconfigured"
    message = "系统还没有设置好，暂时不能办理。"
