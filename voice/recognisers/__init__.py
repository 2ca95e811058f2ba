"""Recognisers: samples in, hypotheses out. One interface (``base.py``), one file an engine."""

from voice.recognisers.base import Hints, Hypothesis, Recogniser

__all__ = ["Hints", "Hypothesis", "Recogniser"]
