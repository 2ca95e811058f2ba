"""Voice: decoding, voice activity, recognition and speech synthesis. Knows no other package but ``nlu.dialect``.

Start reading at ``service.py``: :class:`voice.service.VoiceService` is what the rest of the system uses. It owns two
worker processes (``workers.py``): one hears (``hearing.py``: decode, find speech, recognise), one speaks
(``speaking.py``: make speakable, synthesise, encode).
"""
