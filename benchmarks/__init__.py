"""Measurements, apart from the tests: each prints a table with machine, date and commit."""
