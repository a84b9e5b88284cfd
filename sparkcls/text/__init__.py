"""Pure functions over strings: the rules of the stages, without Spark and without a model."""
