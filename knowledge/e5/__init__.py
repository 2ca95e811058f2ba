"""Makes the embedded Chinese E5 model from its packaged weights: read, prune the vocabulary, export to ONNX."""
