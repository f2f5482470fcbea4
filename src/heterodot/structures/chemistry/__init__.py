"""What builders know of ions: charges, radii, bonds left, ties."""
