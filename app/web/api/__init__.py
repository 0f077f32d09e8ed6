"""The same verbs as the pages, for programs: JSON in, JSON out, below /api/v1."""
