"""A study as a package for other people: everything to recompute it, and the proof that it still does."""
