"""Knowledge: entries with sources, their index, search with a decision, and the fraud check.

Knows no other package but ``nlu.dialect``.
"""
