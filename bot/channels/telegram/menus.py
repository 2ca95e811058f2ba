"""Commands, and the buttons that belong to no turn: region and speech."""

from __future__ import annotations

import asyncio

from bot import regions
from bot.channels.telegram import texts
from bot.channels.telegram.outgoing import Piece, Words, keyboard
from bot.preferences import Preferences, Speech

_SAID = {"start": "你好", "help": "你能帮我做什么", "human": "转人工", "privacy": "隐私政策", "delete": "删除我的数据"}
"""Commands that stand for a sentence of the dialogue."""
_A_ROW = 3


class Menus:
    """Each method returns the messages to show; doing one twice changes nothing more."""

    subjects = frozenset(("r", "v", "x"))
    """What the data of its buttons begins with; that of a turn's options begins with the turn's id."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def said_by(self, command: str) -> str | None:
        """The sentence that a command stands for."""
        return _SAID.get(command)

    def provinces(self, text: str) -> Words:
        names = [(name, f"r:{code}") for name, code in regions.PROVINCES.items()]
        return Words(text, keyboard([names[first : first + _A_ROW] for first in range(0, len(names), _A_ROW)]))

    async def command(self, conversation: str, name: str, argument: str) -> list[Piece]:
        """The answer to a command that is no sentence."""
        if name == "region" and argument:
            return await self._live_in(conversation, argument)
        if name == "region":
            return [self.provinces(texts.WHICH_PROVINCE)]
        if name == "voice":
            return [
                Words(texts.WHICH_SPEECH, keyboard([[(title, f"v:{k}")] for k, (title, _) in texts.SPEECH.items()]))
            ]
        return [Words(texts.DO_NOT_KNOW_COMMAND)]

    async def pressed(self, conversation: str, subject: str, choice: str) -> list[Piece]:
        """The answer to one of its buttons."""
        if subject == "r":
            return await self._live_in(conversation, choice)
        if subject == "v" and choice in texts.SPEECH:
            await asyncio.to_thread(self._preferences.choose, conversation, speech=Speech(choice))
            return [Words(texts.SPEECH[choice][1])]
        return []

    async def _live_in(self, conversation: str, words: str) -> list[Piece]:
        found = regions.named(words)
        if found is None:
            return [self.provinces(texts.PROVINCE_UNKNOWN)]
        name, code = found
        await asyncio.to_thread(self._preferences.choose, conversation, region=code)
        return [Words(texts.PROVINCE_SET.format(name=name))]
