"""Matinee: a subscription video streaming service that anyone can run."""

__version__ = "0.1.0"
