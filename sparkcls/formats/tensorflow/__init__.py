"""TensorFlow's SavedModels, as Spark NLP and exporters write them, read without TensorFlow."""
