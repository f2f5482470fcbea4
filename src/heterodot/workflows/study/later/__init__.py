"""Systems whose structures wait for answers of the same study."""
