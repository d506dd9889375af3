"""Search by section, offline: ``passages`` reads pages, ``writing`` lets Pagefind index them."""
