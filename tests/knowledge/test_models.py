"""The prepared model is checked before it is used; an operator's own sentence-transformers directory replaces it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge import models
from knowledge.cli import kb
from knowledge.e5 import QUERY_GRAPH
from knowledge.embedding import Embedder, LibraryEmbedder, open_embedder
from knowledge.errors import ModelError
from settings import load_settings
from tests.knowledge.test_content import GOOD

pytestmark = pytest.mark.unit


@pytest.fixture
def copy(tmp_path: Path, embedder: Embedder) -> Path:
    """The prepared model with files of its own where a test changes them."""
    assert embedder.dimension
    shutil.copytree(load_settings().models_dir / models.NAME, tmp_path / models.NAME, copy_function=os.symlink)
    return tmp_path / models.NAME


def _replace(path: Path, content: bytes) -> None:
    path.unlink()  # a link to the prepared file
    path.write_bytes(content)


def test_the_prepared_model_is_whole(copy: Path) -> None:
    models.verify(copy, deep=True)


def test_a_file_cut_short_is_named_with_the_cure(copy: Path) -> None:
    graph = copy / QUERY_GRAPH
    _replace(graph, graph.read_bytes()[:-1])
    for look in (lambda: models.verify(copy), lambda: models.resolve(copy.parent, None), lambda: open_embedder(copy)):
        with pytest.raises(ModelError, match=r"query_int8\.onnx: missing or damaged.*models prepare"):
            look()


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json: missing"):
        open_embedder(copy)


def test_a_file_of_the_right_size_but_another_content_is_found(copy: Path) -> None:
    graph = copy / QUERY_GRAPH
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    _replace(graph, bytes(content))
    with pytest.raises(ModelError, match=r"query_int8\.onnx: missing or damaged"):
        models.verify(copy, deep=True)
    with pytest.raises(ModelError, match=r"query_int8\.onnx"):
        models.prepare(copy.parent, copy.parent / "downloads")


def test_a_model_of_another_recipe_is_refused(copy: Path) -> None:
    stamp = json.loads((copy / models.STAMP).read_text(encoding="utf-8"))
    _replace(copy / models.STAMP, json.dumps({**stamp, "recipe": models.RECIPE + 1}).encode())
    with pytest.raises(ModelError, match="another recipe"):
        models.verify(copy)


def test_weights_with_a_wrong_hash_are_not_used(tmp_path: Path) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / "e5-small-q4.bin").write_bytes(b"cut short")
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin: wrong sha256"):
        models.prepare(tmp_path / "models", downloads)
    assert not (tmp_path / "models" / models.NAME).exists()


def test_nothing_prepared_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models prepare"):
        models.resolve(tmp_path, None)
    with pytest.raises(ModelError, match=r"modules\.json"):
        models.resolve(tmp_path, tmp_path)
    with pytest.raises(ModelError, match="no embedding model"):
        open_embedder(tmp_path)


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real sentence-transformers directory: a BERT of two layers that has learnt nothing, one token a character."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from tokenizers.processors import TemplateProcessing
    from torch import manual_seed
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("own")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set(GOOD) - set(" \n"))]
    tokenizer = Tokenizer(WordLevel({token: place for place, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    plain = folder / "plain"
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(plain)
    manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(tokens), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96
        )
    ).save_pretrained(plain)
    stages = [modules.Transformer(str(plain), max_seq_length=64), modules.Pooling(48, pooling_mode="mean")]
    sentence_transformers.SentenceTransformer(modules=stages).save(str(folder / "model"))
    return folder / "model"


def test_build_and_search_with_an_operators_own_model(
    tmp_path: Path, own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = tmp_path / "content"
    content.mkdir()
    (content / "farm-rust.md").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("XIANGYIN_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XIANGYIN_KNOWLEDGE_DIRS", json.dumps([str(content)]))
    monkeypatch.setenv("XIANGYIN_EMBEDDING_DIR", str(own_model))

    def run(*arguments: str) -> dict[str, object]:
        done = CliRunner().invoke(kb, [*arguments, "--json"])
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    built = run("build")
    assert str(built["model"]).startswith("model:")
    found = run("search", "麦子起黄锈咋办")
    assert [hit["id"] for hit in found["hits"]] == ["farm-rust"]  # type: ignore[attr-defined]
    assert run("build")["index"] == "unchanged"

    monkeypatch.delenv("XIANGYIN_EMBEDDING_DIR")
    (tmp_path / "state" / "models").symlink_to(load_settings().models_dir)
    refused = CliRunner().invoke(kb, ["search", "麦子起黄锈咋办"])
    assert refused.exit_code == 1


def test_vectors_of_an_own_model_are_of_unit_length(own_model: Path) -> None:
    opened = open_embedder(own_model)
    assert isinstance(opened, LibraryEmbedder)
    vectors = opened.readings(["小麦条锈病", "黄锈"])
    assert vectors.shape == (2, opened.dimension) == (2, 48)
    assert (vectors**2).sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert opened.documents(["小麦"], fast=True).shape == (1, 48)
