"""What agents do with a caller in a conversation: transfers, consultations, conferences, hold."""
