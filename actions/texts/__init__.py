"""Every Chinese sentence the actions say, and nothing else: one module a subject.

A sentence is a ``Say``: ``text`` for the eye, ``spoken`` for the ear where that differs (numbers, lists, addresses).
Rules for these texts: short, plain, respectful (您), readable aloud, no English, no jargon, no promise about credit, no
waiting time that nobody guaranteed, no invented telephone number.
"""
