"""One file per topic of the battery."""
