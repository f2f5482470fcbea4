"""Figures of a study: what each is drawn from, and drawing those that changed."""
