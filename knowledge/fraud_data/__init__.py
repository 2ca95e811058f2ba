"""Data of the fraud check: ``signs.yml`` (named signs, advice) and ``messages.tsv`` (training texts written for it)."""
