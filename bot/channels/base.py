"""The contract of a channel: it makes an ``Inbound`` of what reaches it, shows the ``Turn`` that comes back, and can
bring messages that nobody asked for (an employee's answer, news of an application).

``docs/adding.md`` shows how to add one; ``tests/bot/channels/contract.py`` is what each must pass.
"""

from __future__ import annotations

import asyncio
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from aiohttp import web

from bot.errors import TurnError
from bot.mailbox import Mailbox
from bot.schema import Reply

log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class UnreachableError(TurnError):
    """The channel will never bring this sender a message: unknown, blocked, or silent for too long."""

    code = "unreachable"
    status = 409
    message = "这个人现在联系不上，请换个办法找他，比如打电话。"


@dataclass(frozen=True)
class Capabilities:
    """What people can do on a channel.

    Attributes:
        buttons: options can be pressed; they can be typed or said everywhere.
        voice: voice messages can be sent.
        speech: replies can be heard.
        images: pictures are shown.
        links: addresses can be opened.
    """

    buttons: bool = False
    voice: bool = False
    speech: bool = False
    images: bool = False
    links: bool = False


class Channel(ABC):
    """A way to the assistant.

    Attributes:
        name: first part of every conversation id of this channel; never changed once people have used it.
        capabilities: see :class:`Capabilities`.
    """

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What it serves on the gateway."""
        return ()

    async def start(self) -> None:  # noqa: B027 - most have nothing to start
        """Begin to listen; the gateway's own parts run already. May return before the other side is reached."""

    async def stop(self) -> None:  # noqa: B027
        """Finish what is being sent and leave the rest for the next start. Also called when ``start`` failed."""

    @abstractmethod
    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """Bring ``replies`` to a sender who has not just asked.

        Returns once they are kept safe (a restart does not lose them) or were taken by the other side. They carry no
        numbered options: those belong to the answer of a turn. With a ``key`` that came before nothing is brought.

        Raises:
            UnreachableError: this sender cannot be reached, and trying again will not help.
        """


class Channels:
    """All channels of a gateway.

    Args:
        channels: each with a name of its own.
        mailbox: keeps messages for senders whose channel is none of these: a partner's system names channels of its own
            in calls of the JSON interface, and fetches them there.

    Raises:
        ValueError: a name is taken twice or malformed.
    """

    def __init__(self, channels: Sequence[Channel], mailbox: Mailbox) -> None:
        self._channels: dict[str, Channel] = {}
        self._mailbox = mailbox
        for channel in channels:
            if not _NAME.fullmatch(channel.name) or channel.name in self._channels:
                raise ValueError(f"channel name taken or malformed: {channel.name!r}")
            self._channels[channel.name] = channel

    def of(self, conversation: str) -> Channel | None:
        """The channel of a conversation id (``<channel>:<sender>``), None when it is a partner's own."""
        return self._channels.get(conversation.partition(":")[0])

    def routes(self) -> list[web.AbstractRouteDef]:
        return [route for channel in self._channels.values() for route in channel.routes()]

    async def deliver(self, conversation: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """Bring messages to whoever a conversation belongs to, on the channel it was held on.

        Raises:
            UnreachableError: see :meth:`Channel.deliver`.
        """
        channel = self.of(conversation)
        if channel is None:
            await asyncio.to_thread(self._mailbox.put, conversation, replies, key)
        else:
            await channel.deliver(conversation.partition(":")[2], replies, key)

    async def lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        """A cleanup context of aiohttp: every channel is started, and stopped in the opposite order.

        A channel that cannot start is named in the log; the others work without it.
        """
        for channel in self._channels.values():
            try:
                await channel.start()
            except Exception:
                log.exception("channel does not start: %s", channel.name)
        yield
        for channel in reversed(self._channels.values()):
            try:
                await channel.stop()
            except Exception:
                log.exception("channel does not stop: %s", channel.name)
