"""Calls between tiers: marked contracts, channels that carry them, deadlines."""
