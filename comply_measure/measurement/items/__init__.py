"""One item at a time: distribution, place in its scale, missing answers."""
