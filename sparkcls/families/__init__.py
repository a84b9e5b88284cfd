"""What differs between the families of models, as data: one file a family, and a table of them."""
