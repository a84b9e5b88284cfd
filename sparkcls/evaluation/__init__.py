"""How good a classifier's answers are: figures against gold labels, and thresholds chosen by them."""
