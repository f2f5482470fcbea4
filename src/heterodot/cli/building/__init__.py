"""``heterodot build``: one command for each builder."""
