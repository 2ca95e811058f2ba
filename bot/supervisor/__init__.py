"""``xiangyin up``: starts all parts in order of readiness under supervisord, watches them, and stops them together.

``parts.py`` says what each part is; ``preflight.py`` finds out before anything starts what would fail; ``daemon.py``
talks to supervisord; ``up.py`` is the order of events.
"""
