"""The day: one module a station, each the owner of its transactions."""
