"""Loan products: read from the bank's sheet, kept as one catalogue, suggested with the reason for each.

``product`` is one product, ``sheet`` reads XLSX and CSV, ``store`` keeps the imported catalogue (the shipped sample
serves until there is one), ``advice`` chooses. Rates and limits come from the catalogue alone; nothing here decides
credit.
"""
