"""The hotline measured by telephone calls: ``python -m benchmarks.hotline``.

``phone.py`` is one call as Asterisk carries it, ``websocket.py`` and ``audiosocket.py`` its two protocols, all on the
clock of ``metronome.py``; ``ear.py`` is what the caller hears of it. ``callers.py`` has what callers say. ``stand.py``
starts the processes that are measured, the other files are one scenario each, and ``table.py`` writes what came out.

How Asterisk behaves was taken from its sources, branch 22: ``chan_websocket.c``, ``res_audiosocket.c``,
``app_audiosocket.c``.
"""
