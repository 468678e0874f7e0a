"""The reference pages, written from the models themselves: `trunkline reference`."""
