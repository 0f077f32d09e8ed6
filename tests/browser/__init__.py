"""A package, unlike the other folders: pytest keeps a browser for no less, and for no longer."""
