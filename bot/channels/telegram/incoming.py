"""What an update means: who said what, and whether it is for us at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from telegram import Message, MessageEntity, Update, User
from telegram.constants import ChatType

from bot import regions
from bot.channels.kinds import News, Text

_MOST_QUOTED = 600
"""Characters taken of a message that somebody asks about by answering to it."""


@dataclass(frozen=True)
class Sound:
    """A voice message, a sound file, or the sound of a video note; ``size`` in bytes, None when not told."""

    file_id: str
    size: int | None
    kind: Literal["sound"] = "sound"


@dataclass(frozen=True)
class Press:
    """A button: ``data`` as we made it."""

    query_id: str
    data: str
    kind: Literal["press"] = "press"


@dataclass(frozen=True)
class Command:
    name: str
    argument: str
    kind: Literal["command"] = "command"


@dataclass(frozen=True)
class Edit:
    """A text changed after it was sent: seconds later."""

    text: str
    after_s: float
    kind: Literal["edit"] = "edit"


@dataclass(frozen=True)
class Location:
    kind: Literal["location"] = "location"


@dataclass(frozen=True)
class Photo:
    """``text``: what is written below it."""

    text: str = ""
    kind: Literal["photo"] = "photo"


@dataclass(frozen=True)
class Other:
    """A sticker, a poll, a film, a file."""

    kind: Literal["other"] = "other"


What = Annotated[Text | Sound | Press | Command | Edit | Location | Photo | Other | News, Field(discriminator="kind")]


@dataclass(frozen=True)
class Incoming:
    """Something that is for us.

    Attributes:
        chat_id: where it was said.
        sender_id: the chat; in a group the member too, so that members do not answer each other's questions.
        message_id: of the chat's message that was sent, edited or pressed on.
        group: whether others read along.
        what: it.
        answers: data of the first button of the message of ours that this one answers to.
    """

    chat_id: int
    sender_id: str
    message_id: int
    group: bool
    what: What
    answers: str | None = None


INCOMING = TypeAdapter(Incoming)
"""To JSON and back: this is what waits in the inbox, not the update with its names and all."""


def read(update: Update, me: User) -> Incoming | None:
    """What ``update`` means; None when it is not for us."""
    if update.callback_query is not None:
        return _press(update)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or message.from_user.is_bot:
        return None
    group = message.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP)
    if not group and message.chat.type != ChatType.PRIVATE:
        return None
    what = _what(message, me, group)
    if what is None:
        return None
    if update.edited_message is not None:
        if not isinstance(what, Text):
            return None  # a caption or a command: what it said was acted on
        since = (message.edit_date - message.date).total_seconds() if message.edit_date else 0.0
        what = Edit(what.text, since)
    return Incoming(
        chat_id=message.chat.id,
        sender_id=_sender(message.chat.id, message.from_user.id, group),
        message_id=message.message_id,
        group=group,
        what=what,
        answers=_button_of(message.reply_to_message, me),
    )


def _sender(chat_id: int, user_id: int, group: bool) -> str:
    return f"{chat_id}.{user_id}" if group else str(chat_id)


def chat_of(sender_id: str) -> int:
    """The private chat with a sender: what was not asked for is never shown to a group.

    Raises:
        ValueError: no sender id of Telegram.
    """
    return int(sender_id.rpartition(".")[2])


def _press(update: Update) -> Incoming | None:
    query = update.callback_query
    if query is None or query.data is None or query.message is None:
        return None
    chat = query.message.chat
    group = chat.type != ChatType.PRIVATE
    return Incoming(
        chat_id=chat.id,
        sender_id=_sender(chat.id, query.from_user.id, group),
        message_id=query.message.message_id,
        group=group,
        what=Press(query.id, query.data),
    )


def _what(message: Message, me: User, group: bool) -> What | None:
    """None for what is said to others in a group, and for service messages."""
    text = message.text or message.caption or ""
    mention = f"@{me.username}"
    command = _command(message, mention, group)
    if command is not None:
        return command
    if group:
        if not (_mentions(message, mention, me) or _is_ours(message.reply_to_message, me)):
            return None
        text = re.sub(re.escape(mention) + r"\b", "", text, flags=re.I).strip()
    if message.text is not None:
        return Text(_with_quoted(text, message, me))
    sound = message.voice or message.audio or message.video_note
    if sound is not None:
        return Sound(sound.file_id, sound.file_size)
    document = message.document
    if document is not None and (document.mime_type or "").startswith("audio/"):
        return Sound(document.file_id, document.file_size)
    if message.contact is not None:
        return Text(_phone(message.contact.phone_number))
    if message.venue is not None and (place := regions.named(message.venue.address)) is not None:
        return Command("region", place[0])  # the province is all that is taken of the address
    if message.location is not None or message.venue is not None:
        return Location()
    if message.photo or (document is not None and (document.mime_type or "").startswith("image/")):
        return Photo(text)
    if message.effective_attachment is not None:
        return Other()
    return None


def _command(message: Message, mention: str, group: bool) -> Command | None:
    """The command that a text begins with. Other robots of a group have the same, so there it must name us."""
    first = message.entities[0] if message.entities else None
    if message.text is None or first is None or first.type != MessageEntity.BOT_COMMAND or first.offset:
        return None
    word = message.parse_entity(first)
    name, _, whom = word[1:].partition("@")
    if (group and not whom) or (whom and f"@{whom}".lower() != mention.lower()):
        return None
    return Command(name.lower(), message.text[len(word) :].strip())


def _mentions(message: Message, mention: str, me: User) -> bool:
    for entity, text in (*message.parse_entities().items(), *message.parse_caption_entities().items()):
        if entity.type == MessageEntity.MENTION and text.lower() == mention.lower():
            return True
        if entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id:
            return True
    return False


def _is_ours(message: Message | None, me: User) -> bool:
    return message is not None and message.from_user is not None and message.from_user.id == me.id


def _with_quoted(text: str, message: Message, me: User) -> str:
    """``text``, and what it is about when it answers to a message that somebody else wrote ("is this a trick?")."""
    about = message.reply_to_message
    if about is None or _is_ours(about, me):
        return text
    foreign = about.forward_origin is not None or about.from_user != message.from_user
    quoted = (message.quote.text if message.quote else None) or about.text or about.caption
    return f"{text}\n{quoted[:_MOST_QUOTED]}" if foreign and quoted else text


def _button_of(message: Message | None, me: User) -> str | None:
    if message is None or not _is_ours(message, me) or message.reply_markup is None:
        return None
    rows = message.reply_markup.inline_keyboard
    data = rows[0][0].callback_data if rows and rows[0] else None
    return data if isinstance(data, str) else None


def _phone(number: str) -> str:
    """A shared contact's number as people here write it: without the country's code."""
    digits = re.sub(r"\D", "", number)
    return digits.removeprefix("86") if len(digits) == 13 else digits
