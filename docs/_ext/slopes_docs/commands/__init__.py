"""Programs for built sites, run as ``python -m slopes_docs.commands.NAME``."""
