"""Which of the 250,000 multilingual tokens stay: those Chinese and ASCII text can produce."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from knowledge.e5.weights import Vocabulary

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
FREQUENT_ASCII = 20_000
"""ASCII words among the first so many tokens stay (the vocabulary is sorted by frequency)."""
_MARKS = frozenset("“”‘’…—·、。《》【】「」『』〈〉①②③④⑤⑥⑦⑧⑨⑩℃°±×÷％‰²³½¼→←↑↓•●○★☆■□▲△▼▽◆◇※√")
_PROMPT_PIECES = frozenset(["▁", "▁que", "ry", ":", "▁passage", "▁pass", "age"])
_NUMBER = re.compile(r"[\d.,:%/-]+")


def _chinese(char: str) -> bool:
    point = ord(char)
    return (
        0x4E00 <= point <= 0x9FFF
        or 0x3400 <= point <= 0x4DBF
        or point == 0x3007
        or 0x3000 <= point <= 0x303F
        or 0xFF00 <= point <= 0xFFEF
        or char in _MARKS
    )


def kept_tokens(vocabulary: Vocabulary) -> list[int]:
    """Ids of the tokens that stay, ascending; special tokens first, as their ids are the lowest."""
    kept = []
    for token, piece in enumerate(vocabulary.pieces):
        body = piece.replace("▁", "")
        if token < len(SPECIAL):
            kept.append(token)
        elif all(_chinese(char) or (char.isascii() and char.isprintable()) for char in body):
            short = len(body) <= 1 or piece in _PROMPT_PIECES or _NUMBER.fullmatch(body)
            if short or token < FREQUENT_ASCII or any(map(_chinese, body)):
                kept.append(token)
    return kept


def _nmt_nfkc() -> bytes:
    """SentencePiece's own normalisation table (not in the weights), from a toy model trained on the spot."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as messages

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "toy.txt")
        corpus.write_text("\n".join(f"hello world abc {n} 你好世界" for n in range(200)), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=str(Path(folder, "toy")),
            vocab_size=40,
            normalization_rule_name="nmt_nfkc",
            hard_vocab_limit=False,
            minloglevel=2,
        )
        proto = messages.ModelProto()  # type: ignore[attr-defined]
        proto.ParseFromString(Path(folder, "toy.model").read_bytes())
        return bytes(proto.normalizer_spec.precompiled_charsmap)


def build_tokenizer(vocabulary: Vocabulary, kept: list[int]) -> Tokenizer:
    """The XLM-R tokenizer of E5 over the kept tokens; a token's new id is its place in ``kept``."""
    pairs = [(vocabulary.pieces[token], float(vocabulary.scores[token])) for token in kept]
    tokenizer = Tokenizer(models.Unigram(pairs, unk_id=kept.index(vocabulary.unk), byte_fallback=False))
    spaces = normalizers.Replace(tokenizers.Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(_nmt_nfkc()), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", kept.index(vocabulary.bos)), ("</s>", kept.index(vocabulary.eos))],
    )
    return tokenizer
