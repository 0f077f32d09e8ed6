"""Pure: digest text in, papers out."""
