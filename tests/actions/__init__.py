"""Tests of the action server, the ledger, the bank client and the sandbox bank."""
