"""Teaches the embedded recogniser the accents of the dialect areas: ``make adapt``."""
