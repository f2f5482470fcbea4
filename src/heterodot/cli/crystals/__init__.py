"""Commands that calculate crystals."""
