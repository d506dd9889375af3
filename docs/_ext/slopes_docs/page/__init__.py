"""What a page needs besides its text: addresses, files, figures, macros."""
