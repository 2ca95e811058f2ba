"""Data of the fraud check: ``signs.yml`` (named signs and what to do) and ``messages.tsv`` (training texts, all written for it)."""
