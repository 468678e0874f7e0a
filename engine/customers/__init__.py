"""The site's customers: who a number belongs to, and their file."""
