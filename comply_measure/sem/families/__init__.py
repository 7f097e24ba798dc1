"""Families of estimation: what differs between kinds of estimation, one object per kind (see :mod:`.base`)."""
