"""What figures share: style, views, pictures of atoms, slices, surfaces."""
