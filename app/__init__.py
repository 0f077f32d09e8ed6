"""Paperboy: your daily papers, delivered."""
