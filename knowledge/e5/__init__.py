"""Makes the embedded Chinese E5 model from its packaged weights: read, prune the vocabulary, export to ONNX."""

ONNX_FOLDER = "onnx-pooled"
"""Graphs here take token ids and give pooled, normalised sentence vectors."""
DOCUMENT_GRAPH = f"{ONNX_FOLDER}/document_fp32.onnx"
QUERY_GRAPH = f"{ONNX_FOLDER}/query_int8.onnx"
MAX_TOKENS = 512
