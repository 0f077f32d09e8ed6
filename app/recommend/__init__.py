"""Pure: papers, interests and feedback in, picks with reasons out."""
