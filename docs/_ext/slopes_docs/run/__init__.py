"""How the cells of the book and the decks run, and what is told of it."""
