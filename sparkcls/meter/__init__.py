"""Progress of whatever a session's classifiers score: rows done, rows a second, time left."""
