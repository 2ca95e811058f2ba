"""Telegram: private chats, and groups where the assistant is spoken to. Start at ``channel.py``.

``incoming.py`` says what an update means, ``outgoing.py`` what an answer looks like, ``client.py`` speaks to the Bot
API, ``commands.py`` are the words that begin with a slash, ``texts.py`` what people read.
"""

from bot.channels.telegram.channel import TelegramChannel, TelegramConfig

__all__ = ["TelegramChannel", "TelegramConfig"]
