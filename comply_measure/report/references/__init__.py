"""Works that texts of reports cite: the catalogue, their citations in a text, the list at the end."""
