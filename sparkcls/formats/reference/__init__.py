"""The arithmetic of each kind of network once more, in double precision and in NumPy, to judge graphs by."""
