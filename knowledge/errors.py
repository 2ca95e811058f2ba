"""Errors of the knowledge package.

``code`` is stable and goes to logs; ``str(error)`` is one line that names the cure.
"""

from __future__ import annotations


class KnowledgeError(Exception):
    """Anything the knowledge package refuses to go on with."""

    code = "knowledge"


class ModelError(KnowledgeError):
    """The embedding model is missing, damaged or of another kind."""

    code = "knowledge.model"


class EntryError(KnowledgeError):
    """An entry cannot be read; the message starts with its file or line."""

    code = "knowledge.entry"


class IndexError_(KnowledgeError):
    """The index is missing, damaged or was made with another model."""

    code = "knowledge.index"


class ImportError_(KnowledgeError):
    """A source to import cannot be read at all."""

    code = "knowledge.import"


class FraudModelError(KnowledgeError):
    """The fraud classifier is missing or does not fit the embedding model."""

    code = "knowledge.fraud"
