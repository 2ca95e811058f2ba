"""What is kept about a sender, why, for how long, and how they have it shown or deleted.

These wishes are answered by the gateway itself, in fixed words, before the dialogue sees the message: they must work
whatever the dialogue understands. What the law makes the bank keep (cases in the ledger) is told, never touched here.
"""

from __future__ import annotations

import asyncio
import html
import json
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from bot.database import new_key
from bot.errors import TurnError
from bot.options import OfferedOption
from bot.people import privacy_texts as say
from bot.rasa import Button, DialogueMessage
from bot.store import TURNS_KEPT, Consent, GatewayStore

log = logging.getLogger(__name__)

NOTICE_VERSION = "2026-11"
"""Changes when what is stored, or why, changes: then everybody is told again."""
ASK_DELETE, DELETE, KEEP = "gateway:ask_delete", "gateway:delete", "gateway:keep"
AGREE, REFUSE, EXPORT, EXPLAIN = "gateway:agree", "gateway:refuse", "gateway:export", "gateway:explain"
_PLEASE, _MINE = r"(?:请|帮我|给我)*", r"(?:我|俺|咱)(?:的|们的)?(?:全部|所有)?(?:的)?"
_THINGS = r"(?:个人)?(?:数据|资料|信息|聊天记录|聊天|记录|录音|说过的话|说的话)"
_ERASE, _KEEP = r"(?:删除|删掉|删了|清除|清空|抹掉)", r"(?:保存|存|记|留)"
_WISHES = tuple(
    (re.compile(pattern), action)
    for pattern, action in (
        (f"{_PLEASE}{_ERASE}{_MINE}{_THINGS}", ASK_DELETE),
        (f"{_PLEASE}把{_MINE}{_THINGS}(?:都|全)*{_ERASE}(?:了|掉)*", ASK_DELETE),
        (f"{_PLEASE}(?:导出|下载){_MINE}{_THINGS}", EXPORT),
        (f"{_PLEASE}把{_MINE}{_THINGS}(?:都|全)*(?:导出|下载|发给我|拿给我|给我)(?:来|一份|看看|看)*", EXPORT),
        (f"(?:你|您|你们)(?:都)?{_KEEP}(?:了|着|得)?我(?:的)?(?:些)?(?:啥子?|什么|么子|哪些)(?:{_THINGS})?", EXPLAIN),
        ("隐私(?:政策|说明|保护)?(?:是啥|是什么)?", EXPLAIN),
        (f"我?不同意(?:你们?)?{_KEEP}(?:{_MINE})?(?:{_THINGS})?", REFUSE),
    )
)
_NOISE = re.compile(r"[\s，。！？、,.!?;；:：]+|[吗呢吧啊哈呀嘛]+$")


class Conversations(Protocol):
    """The part of the dialogue that holds what people said."""

    async def forget(self, conversation: str) -> None: ...

    async def forget_idle(self, seconds: float) -> None: ...


class Cases(Protocol):
    """The ledger as its owner may see it; ``forget`` erases what the law does not make the bank keep."""

    async def list(self, sender: str | None, limit: int) -> Any: ...

    async def calls(self, sender: str) -> Any: ...

    async def forget(self, sender: str) -> None: ...


def wish(text: str) -> str | None:
    """The privacy wish that ``text`` is as a whole, or None: a sentence about other things never deletes anything."""
    plain = _NOISE.sub("", text)
    return next((action for pattern, action in _WISHES if pattern.fullmatch(plain)), None)


class Privacy:
    """Answers privacy wishes and tells newcomers what is stored.

    Args:
        store: the gateway's memory.
        conversations: Rasa's record of what was said.
        cases: the action server.
        told: channels whose users are told on first contact; behind others another party does it.
    """

    def __init__(self, store: GatewayStore, conversations: Conversations, cases: Cases, told: frozenset[str]) -> None:
        self._store = store
        self._conversations = conversations
        self._cases = cases
        self._told = told

    async def answer(self, conversation: str, text: str, chosen: OfferedOption | None) -> list[DialogueMessage] | None:
        """The reply to a privacy wish; None when the message is none.

        Raises:
            TurnError: not everything could be deleted; saying it again tries again.
        """
        action = chosen.payload if chosen else wish(text)
        handlers: dict[str, Callable[[str], Awaitable[DialogueMessage]]] = {
            ASK_DELETE: self._ask_delete,
            DELETE: self._delete,
            KEEP: self._keep,
            AGREE: self._agree,
            REFUSE: self._refuse,
            EXPORT: self._export,
            EXPLAIN: self._explain,
        }
        handler = handlers.get(action or "")
        return None if handler is None else [await handler(conversation)]

    async def notice(self, conversation: str, channel: str) -> DialogueMessage | None:
        """What a newcomer is told at the end of the first answer, once for each version of the notice."""
        if channel not in self._told:
            return None
        if not await asyncio.to_thread(self._store.meet, conversation, NOTICE_VERSION):
            return None
        return _message(say.NOTICE, (say.AGREE, AGREE), (say.REFUSE, REFUSE))

    async def _explain(self, _conversation: str) -> DialogueMessage:
        return _message(
            say.EXPLAINED, (say.AGREE, AGREE), (say.REFUSE, REFUSE), (say.EXPORT, EXPORT), (say.DELETE, ASK_DELETE)
        )

    async def _ask_delete(self, _conversation: str) -> DialogueMessage:
        return _message(say.ASK_DELETE, (say.DELETE_YES, DELETE), (say.DELETE_NO, KEEP))

    async def _keep(self, _conversation: str) -> DialogueMessage:
        return _message(say.KEPT)

    async def _agree(self, conversation: str) -> DialogueMessage:
        await asyncio.to_thread(self._store.decide, conversation, Consent.GIVEN, NOTICE_VERSION)
        return _message(say.AGREED)

    async def _refuse(self, conversation: str) -> DialogueMessage:
        await asyncio.to_thread(self._store.decide, conversation, Consent.REFUSED, NOTICE_VERSION)
        return _message(say.REFUSED)

    async def _delete(self, conversation: str) -> DialogueMessage:
        try:
            await self._conversations.forget(conversation)
            await self._cases.forget(conversation)
        except TurnError as error:
            raise TurnError(say.NOT_DELETED, code="not_deleted", status=503) from error
        await asyncio.to_thread(self._store.forget, conversation)
        return _message(say.DELETED)

    async def _export(self, conversation: str) -> DialogueMessage:
        said = await asyncio.to_thread(self._store.said, conversation)
        cases = await self._cases.list(conversation, 500)
        calls = await self._cases.calls(conversation) if conversation.startswith("hotline:") else None
        key = new_key()
        await asyncio.to_thread(self._store.keep_export, key, conversation, _page(said, cases, calls))
        return DialogueMessage(text=say.EXPORTED, custom={"kind": "privacy", "confirm_url": f"/export/{key}.html"})


def _message(text: str, *options: tuple[str, str]) -> DialogueMessage:
    buttons = [Button(title=title, payload=payload) for title, payload in options]
    return DialogueMessage(text=text, buttons=buttons, custom={"kind": "privacy"})


def _page(said: list[tuple[datetime, str]], cases: Any, calls: Any) -> str:
    """Everything that is kept about one sender, as a page that reads well and prints well."""
    turns = [(at, json.loads(answer)) for at, answer in said]
    lines = [
        f"<li><time>{at:%Y-%m-%d %H:%M}</time><p>{html.escape(_user_text(turn))}</p>"
        + "".join(f"<p>{html.escape(reply['text'])}</p>" for reply in turn.get("replies", ()))
        + "</li>"
        for at, turn in turns
    ]
    telephone = f"<h2>{say.EXPORT_CALLS}</h2><pre>{_readable(calls)}</pre>" if calls is not None else ""
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{say.EXPORT_TITLE}</title><h1>{say.EXPORT_TITLE}</h1><p>{datetime.now(UTC):%Y-%m-%d %H:%M} UTC</p>"
        f"<h2>{say.EXPORT_CHAT}</h2><ol>{''.join(lines)}</ol><h2>{say.EXPORT_CASES}</h2><pre>{_readable(cases)}</pre>{telephone}</html>"
    )


def _readable(kept: Any) -> str:
    return html.escape(json.dumps(kept, ensure_ascii=False, indent=2))


def _user_text(turn: dict[str, Any]) -> str:
    heard, understood = turn.get("heard") or {}, turn.get("understood") or {}
    return str(heard.get("text") or understood.get("text") or "")


async def clean(store: GatewayStore, conversations: Conversations, cases: Cases) -> None:
    """Delete what is older than it may be: turns, spoken texts, Rasa's record of them, and all that is kept of those
    who do not want to be remembered and have been silent for a while.

    Raises:
        TurnError: a part could not be reached; what is left is found again the next time.
    """
    await asyncio.to_thread(store.forget_old)
    await conversations.forget_idle(TURNS_KEPT.total_seconds())
    for conversation in await asyncio.to_thread(store.unwilling):
        await conversations.forget(conversation)
        await cases.forget(conversation)  # unfinished forms; what was handed in stays
        await asyncio.to_thread(store.forget, conversation)  # last: by this they are found


async def keep_clean(store: GatewayStore, conversations: Conversations, cases: Cases, interval_s: float) -> None:
    """:func:`clean`, again and again."""
    while True:
        try:
            await clean(store, conversations, cases)
        except TurnError:
            log.warning("not everything old could be deleted; trying again")
        except Exception:
            log.exception("old turns could not be deleted; trying again")
        await asyncio.sleep(interval_s)
