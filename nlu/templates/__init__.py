"""Sentence patterns by intent, and the words they choose from; read by ``nlu.sentences``."""
