"""Running a model on texts: tokenise, batch, predict. torch lives here and nowhere else; no Spark."""
