"""A call's conversation, from the greeting to the end: what is said, asked, heard, keyed. Start at ``session.py``."""
