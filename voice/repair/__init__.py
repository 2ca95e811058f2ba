"""Repairs what a recogniser misheard: characters of the right sound but the wrong sense (玉米您重 for 玉米螟虫).

A noisy channel: the likeliest sequence of characters, given how the assistant's own texts read (``language_model``),
how alike two syllables sound (``sounds``), and what the dialogue expects just now (``repairer``). What reads
like none of our subjects even when repaired is left as it was heard.
"""
