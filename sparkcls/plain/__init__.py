"""One call: texts in, plain columns out, in Spark or without it."""
