"""A dear level led by a cheap one: relaxations and vibrations that know what the cheap one says."""
