"""Language understanding: training data, Rasa components, and ``nlu.dialect`` (plain Python for 3.10 and 3.11)."""
