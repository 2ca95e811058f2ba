"""A bank for development: a real HTTP service with its own database that implements ``openapi.yaml``.

Everything in it is a marked sample. No money moves; people, not this program, would decide about loans.
"""
