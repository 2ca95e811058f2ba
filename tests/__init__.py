"""Tests mirror the packages; ``scenarios/`` are whole conversations; ``stack/`` uses the running system."""
