"""Between two structures: which atom is which, images on the way, ends made from a beginning."""
