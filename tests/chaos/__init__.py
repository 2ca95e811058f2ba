"""Kill and break: the whole assistant under ``kill -9`` and network faults, watched from outside.

Nothing here reaches into the product. Every connection between the parts goes through a proxy that sees the exchange
and may spoil it (``proxy``); a part is killed at a named point of it (``world``). People talk (``people``) by a seeded
plan (``plan``), and at the end what they were told, the ledger and the bank's own record are compared (``oracle``).
"""
