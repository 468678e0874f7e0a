"""Files of leads as people have them: found out is the encoding, the separator, the columns."""
