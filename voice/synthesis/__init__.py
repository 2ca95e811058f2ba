"""Synthesis: text in, samples out. ``speakable.py`` makes text readable aloud, one file an engine does the rest."""
