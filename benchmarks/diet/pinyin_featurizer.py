"""N-grams of folded syllables, so that homophones and accents land on the same features."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.dialect.pinyin import folded


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PinyinFeaturizer(CountVectorsFeaturizer):
    """CountVectorsFeaturizer over ``nlu.dialect.pinyin.folded`` in place of the characters."""

    @staticmethod
    def required_packages() -> list[str]:
        """Packages Rasa checks for before it starts."""
        return ["sklearn", "pypinyin"]

    def _get_processed_message_tokens_by_attribute(self, message: Message, attribute: str = TEXT) -> list[str]:
        text = message.get(attribute)
        tokens = message.get(TOKENS_NAMES[attribute])
        if attribute != TEXT or not text or not tokens:
            return []
        sounds = folded(text)
        return [
            token.lemma if token.lemma != token.text else "".join(sounds[token.start : token.end]) for token in tokens
        ]
