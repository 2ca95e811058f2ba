"""What is answered to what comes in: a turn for what people say, settings for what they choose."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from telegram.constants import ChatAction

from bot.channels.audio import Mouth
from bot.channels.kinds import News, Text
from bot.channels.lanes import AgainLaterError, Progress
from bot.channels.telegram import texts
from bot.channels.telegram.client import GoneError, RefusedError, TelegramClient
from bot.channels.telegram.incoming import (
    INCOMING,
    Command,
    Edit,
    Incoming,
    Location,
    Other,
    Photo,
    Press,
    Sound,
)
from bot.channels.telegram.menus import Menus
from bot.channels.telegram.outgoing import Picture, Piece, Remove, Row, Spoken, Words, keyboard, news, pieces
from bot.channels.telegram.ratings import Ratings
from bot.errors import AudioTooLargeError, TurnError
from bot.options import OfferedOption, choose
from bot.people.feedback import Feedback
from bot.preferences import Preferences
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService
from nlu.dialect import secrets
from voice.errors import VoiceError

log = logging.getLogger(__name__)

CHANNEL = "telegram"
_ACTION_AGAIN_S = 4.5
"""Telegram shows an action for five seconds."""
_ACTION_AFTER_S = 0.3
"""What is answered sooner needs no sign that somebody is at work."""
_EDIT_TAKEN_S = 60.0
"""An edit is taken as said when it comes this soon after, and nothing was said in between."""
_MOST_CHATS_REMEMBERED = 10_000
_ANY_NUMBER = tuple(OfferedOption(str(n), "", "") for n in range(1, 20))


class Artist(Protocol):
    """The part of the gateway that draws pictures."""

    async def png(self, key: str) -> bytes: ...


class Conversation:
    """Answers arrivals; what it sends for one is the same list each time, so that a restart can go on in it.

    Args:
        client: sends.
        turns: runs a turn.
        store: of the gateway.
        preferences: of people.
        feedback: takes what people say of answers.
        mouth: speaks replies; None when this gateway has no voice.
        artist: draws the pictures of replies; None when they are not shown.
        max_audio_bytes: larger recordings are not fetched.
        public_url: of the gateway, for pages that answers point to.
    """

    def __init__(
        self,
        client: TelegramClient,
        turns: TurnService,
        store: GatewayStore,
        preferences: Preferences,
        feedback: Feedback,
        mouth: Mouth | None,
        artist: Artist | None,
        *,
        max_audio_bytes: int,
        public_url: str | None,
    ) -> None:
        self._client = client
        self._turns = turns
        self._store = store
        self._preferences = preferences
        self._mouth = mouth
        self._artist = artist
        self._max_audio_bytes = max_audio_bytes
        self._public_url = public_url
        self._menus = Menus(preferences)
        self._ratings = Ratings(store, feedback)
        self._newest: dict[str, int] = {}

    async def answer(self, progress: Progress) -> None:
        """Work on one arrival: see ``bot/channels/lanes.py``."""
        incoming = INCOMING.validate_json(progress.arrival.body)
        try:
            answer = await self._answer(incoming, progress.arrival.key)
        except TurnError as error:
            answer = [Words(error.message)]
        for number, piece in enumerate(answer[progress.sent :], start=progress.sent + 1):
            try:
                await self._send(incoming, piece)
            except RefusedError as error:
                log.warning("telegram refuses a %s: %s", type(piece).__name__.lower(), error)
            except GoneError:
                log.info("telegram: somebody is gone")
                return
            await progress.one_more(last=number == len(answer))

    async def _answer(self, incoming: Incoming, key: str) -> list[Piece]:
        what = incoming.what
        conversation = f"{CHANNEL}:{incoming.sender_id}"
        newest = self._newest.get(incoming.sender_id)
        if not isinstance(what, Press | News | Edit):
            self._remember(incoming)
        match what:
            case Text(text):
                if await self._stale_reply(incoming, text, conversation, key):
                    return [Words(texts.STALE_REPLY)]
                return await self._turn(incoming, key, text=text)
            case Sound():
                return await self._turn(incoming, key, audio=await self._fetch(what))
            case Edit(text, after_s):
                if after_s > _EDIT_TAKEN_S or newest not in (None, incoming.message_id):
                    return [Words(texts.EDITED)]
                return await self._turn(incoming, key, text=text)
            case Press():
                return await self._press(incoming, what, conversation, key)
            case Command(name, argument):
                said = self._menus.said_by(name)
                if said is not None:
                    return await self._turn(incoming, key, text=said)
                return await self._menus.command(conversation, name, argument)
            case News(replies):
                chosen = await asyncio.to_thread(self._preferences.of, conversation)
                return news(replies, self._public_url, spoken=chosen.spoken(False))
            case Photo(text):
                if not text:
                    return [Words(texts.PHOTO)]
                return [Words(texts.PHOTO_WITH_WORDS), *await self._turn(incoming, key, text=text)]
            case Location():
                return [self._menus.provinces(texts.LOCATION)]
            case Other():
                return [Words(texts.UNREADABLE)]

    def _remember(self, incoming: Incoming) -> None:
        if len(self._newest) >= _MOST_CHATS_REMEMBERED:
            self._newest.clear()
        self._newest[incoming.sender_id] = incoming.message_id

    async def _turn(
        self, incoming: Incoming, key: str, *, text: str | None = None, audio: bytes | None = None
    ) -> list[Piece]:
        conversation = f"{CHANNEL}:{incoming.sender_id}"
        chosen = await asyncio.to_thread(self._preferences.of, conversation)
        spoken = self._mouth is not None and chosen.spoken(audio is not None)
        inbound = Inbound(
            channel=CHANNEL,
            sender_id=incoming.sender_id,
            message_id=key,
            text=text,
            audio=audio,
            region=chosen.region,
        )
        async with self._at_work(incoming.chat_id, ChatAction.RECORD_VOICE if spoken else ChatAction.TYPING):
            turn = await self._turns.run(inbound)
        answer = pieces(turn, self._public_url, spoken=spoken)
        kept = turn.understood.text if turn.understood else ""
        if secrets.has_secret(text or (turn.heard.text if turn.heard else "")) or secrets.was_secret(kept):
            answer.append(Remove(incoming.message_id))
        return answer

    async def _fetch(self, sound: Sound) -> bytes:
        """Raises AudioTooLargeError: also when Telegram does not give the file out."""
        if sound.size is not None and sound.size > self._max_audio_bytes:
            raise AudioTooLargeError
        try:
            return await self._client.fetch(sound.file_id)
        except RefusedError as error:
            raise AudioTooLargeError from error

    async def _press(self, incoming: Incoming, press: Press, conversation: str, key: str) -> list[Piece]:
        subject, _, choice = press.data.partition(":")
        if subject in self._menus.subjects:
            await self._quietly_answer(press)
            return await self._menus.pressed(conversation, subject, choice)
        if self._ratings.holds(choice):
            rated = await self._ratings.pressed(conversation, subject, choice)
            await self._quietly_answer(press, rated.told)
            if rated.rows is not None:
                await self._change_buttons(incoming, rated.rows)
            return []
        question = await asyncio.to_thread(self._store.question_of, conversation)
        option = next((o for o in question.options if o.key == choice), None)
        if question.turn_id == subject and option is not None:
            await self._quietly_answer(press)
            answer = await self._turn(incoming, key, text=option.key)
            await self._change_buttons(incoming, [[(texts.CHOSEN.format(title=option.title), "x:")]])
            return answer
        if await asyncio.to_thread(self._store.answer_of, conversation, key) is not None:
            return await self._turn(incoming, key, text=choice)  # answered before a restart: its stored answer
        await self._quietly_answer(press, texts.STALE)
        return []

    async def _quietly_answer(self, press: Press, text: str | None = None) -> None:
        """Ends the button's waiting sign; too late after a while, which matters to nobody."""
        try:
            await self._client.answer_press(press.query_id, text)
        except (RefusedError, GoneError, AgainLaterError):
            log.info("telegram: a press could not be acknowledged")

    async def _change_buttons(self, incoming: Incoming, rows: Sequence[Row]) -> None:
        try:
            await self._client.change_buttons(incoming.chat_id, incoming.message_id, keyboard(rows))
        except (RefusedError, GoneError, AgainLaterError):
            log.info("telegram: buttons could not be changed")

    async def _stale_reply(self, incoming: Incoming, text: str, conversation: str, key: str) -> bool:
        """Whether a number answers to an older question than the one that is open."""
        if incoming.answers is None or choose(text, _ANY_NUMBER) is None:
            return False
        question = await asyncio.to_thread(self._store.question_of, conversation)
        if question.turn_id == incoming.answers.partition(":")[0]:
            return False
        return await asyncio.to_thread(self._store.answer_of, conversation, key) is None

    async def _send(self, incoming: Incoming, piece: Piece) -> None:
        chat_id = incoming.chat_id
        answers = incoming.message_id if incoming.group else None
        match piece:
            case Words(text, buttons):
                await self._client.say(chat_id, text, buttons, answers)
            case Spoken(key):
                sound = await self._speak(chat_id, key)
                if sound is not None:
                    await self._client.play(chat_id, sound, answers)
            case Picture(key, alt):
                picture = await self._draw(key)
                if picture is not None:
                    await self._client.show(chat_id, picture, alt, answers)
            case Remove(message_id):
                try:
                    await self._client.remove(chat_id, message_id)
                except RefusedError:
                    await self._client.say(chat_id, texts.PLEASE_REMOVE, None, answers)
                else:
                    await self._client.say(chat_id, texts.REMOVED)

    async def _speak(self, chat_id: int, key: str) -> bytes | None:
        """None when it cannot be said: the text was sent already."""
        text = await asyncio.to_thread(self._store.spoken_text, key)
        if text is None or self._mouth is None:
            return None
        try:
            async with self._at_work(chat_id, ChatAction.RECORD_VOICE):
                return await self._mouth.speak(text)
        except VoiceError as error:
            log.warning("reply not spoken: %s", error.code)
            return None

    async def _draw(self, key: str) -> bytes | None:
        """None when it cannot be drawn: the text says the same."""
        if self._artist is None:
            return None
        try:
            return await self._artist.png(key)
        except TurnError as error:
            log.warning("picture not sent: %s", error.code)
            return None

    @asynccontextmanager
    async def _at_work(self, chat_id: int, action: ChatAction) -> AsyncIterator[None]:
        """Shows that somebody types, or speaks, as long as it takes."""

        async def show() -> None:
            await asyncio.sleep(_ACTION_AFTER_S)
            while True:
                try:
                    await self._client.show_action(chat_id, action)
                except (RefusedError, GoneError, AgainLaterError):
                    return
                await asyncio.sleep(_ACTION_AGAIN_S)

        shown = asyncio.create_task(show())
        try:
            yield
        finally:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)
