"""Where models come from: stores of the web, of folders and of what fsspec and pyarrow know."""
