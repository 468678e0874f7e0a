"""What `trunkline check` reads and tells."""
