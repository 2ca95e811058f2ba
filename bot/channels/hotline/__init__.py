"""The hotline: telephone calls, from Asterisk or from a platform that recognises and speaks by itself.

Two processes share this package. The **line process** (``python -m bot.channels.hotline``, part ``hotline``) holds the
calls' media: it answers Asterisk's ``chan_websocket`` and AudioSocket, and must never block, because every caller hears
it. The **gateway** holds what a call means: it hears, runs turns, speaks, keeps records. The line process asks it over
``wire.py``.

``line.py`` is what an adapter of a telephone system must do, ``wire.py`` what the two processes say to each other. A
call is ``session.py``: ``conversation.py`` is its course (greeting, answers, a person, a farewell), ``asking.py`` one
question of it; ``listening.py`` takes what the caller says, ``keys.py`` what they press, ``saying.py`` is our voice,
``waiting.py`` the time until an answer. ``upstream.py`` asks the gateway; ``texts.py`` and ``prompts.py`` are the
sentences that need nobody.
"""
