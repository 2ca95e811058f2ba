"""Puts the intent of ``intent_model`` into Rasa's messages."""

# ruff: noqa: ARG003 - Rasa gives `create` and `load` these by name
from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.intent_model import IntentModel, train


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ReadingsClassifier(GraphComponent, IntentClassifier):
    """Ranks all intents by probability; needs no tokens and no other features."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: IntentModel | None = None) -> None:
        """``model`` is None until it is trained."""
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def required_packages() -> list[str]:
        """Packages Rasa checks for before it starts."""
        return ["sklearn", "pypinyin"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ReadingsClassifier:
        """Made by Rasa's graph."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ReadingsClassifier:
        """Made by Rasa's graph from a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, IntentModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the labelled sentences."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._model = train([e.get(TEXT) for e in examples], [e.get(INTENT) for e in examples])
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        if self._model is None:
            raise RuntimeError("not trained")
        for message in messages:
            likely = self._model.probabilities(message.get(TEXT) or "")
            ranking = [
                {INTENT_NAME_KEY: self._model.intents[place], PREDICTED_CONFIDENCE_KEY: float(likely[place])}
                for place in likely.argsort()[::-1]
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages
