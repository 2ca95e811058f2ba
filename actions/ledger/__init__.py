"""The ledger: cases, their history, consents, hand-offs and the outbox, in SQL; personal fields encrypted."""
