"""Telephone lines: what Asterisk sends and wants, when a caller speaks, and the process that holds it all together."""
