"""Composes the settings that live beside each component; TOML and environment into structs."""
