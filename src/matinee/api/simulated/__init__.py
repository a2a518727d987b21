"""The simulated payment provider's own pages, as files: HTML, a style sheet and two scripts, none of them inline."""
