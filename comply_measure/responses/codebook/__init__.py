"""A data set as others get it: every variable described, in the formats that archives and programs take."""
