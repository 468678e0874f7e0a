"""What is read of campaigns afterwards: figures of their calls, and why each was permitted."""
