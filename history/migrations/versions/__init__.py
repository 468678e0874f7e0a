"""One file per migration, numbered in order. Never edit one that was released: add the next."""
