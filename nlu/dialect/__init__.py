"""Village Chinese: numbers as they are spoken, sounds folded across dialects, and dialect words with their Mandarin.

Plain Python for 3.10 and 3.11; knows no other package. Used by the Rasa components, the actions, voice and knowledge.
"""
