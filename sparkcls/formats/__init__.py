"""Readers of foreign model files: each turns a folder into a model folder of sparkcls.

No TensorFlow, no JVM and no pickle: bytes in, NumPy arrays out. Whatever the bytes, the only error that
comes out is `ModelFormatError`.
"""
