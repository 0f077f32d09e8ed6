"""Pure: picks in, the bytes of a letter out."""
