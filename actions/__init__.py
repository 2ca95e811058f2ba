"""Action server: answers, loan and bill forms, the ledger, the bank's client and the bank sandbox."""
