"""Tests and measurements on a real GPU. They need neither Spark nor Java.

    python -m tests.gpu --out FOLDER [--texts FOLDER] [--device cpu]

runs everything in a few minutes: first `pytest tests/gpu`, then the figures, as a table and as `FOLDER/figures.json`.
`--texts` names a folder of Parquet files with a column `text`, for the comparison with `transformers` on real texts.
`--device cpu` rehearses it where there is no GPU: what only a GPU has is left out, and models are small.

Needed beside the package's own requirements: pytest. Missing ones may be: pyspark, and all that reads foreign formats.
"""
