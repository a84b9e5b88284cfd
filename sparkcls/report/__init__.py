"""Numbers and texts for people, in a terminal or as one HTML file. It knows no model and no Spark."""
