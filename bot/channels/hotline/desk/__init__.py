"""The gateway's side of the hotline: who calls, what a turn sounds like, what is kept, messages and calls that follow.

Start at ``channel.py``.
"""
