"""Documents to pages, passages and an index."""
