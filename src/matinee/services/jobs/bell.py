"""Moved to `matinee.runtime.bell`; this name goes when ingest asks for it there."""

from __future__ import annotations

from matinee.runtime.bell import Bell, heard

__all__ = ["Bell", "heard"]
