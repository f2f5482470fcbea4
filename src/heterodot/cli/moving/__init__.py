"""Commands that move atoms, and that follow a level along what another has moved."""
