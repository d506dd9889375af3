"""One call that stores several numbers for the text, for the cells that readers do not see."""


def glue_values(**values):
    """Store each value under its name, for ``{glue:text}`` in the same page.

    The same as a call of ``myst_nb.glue(name, value, display=False)`` for each, without the import
    of MyST-NB. The exported notebooks leave the calls of both out.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"  # MyST-NB's mark of a value that is not shown
    for name, value in values.items():
        record = {"scrapbook": {"name": name, "mime_prefix": prefix}}
        display({prefix + "text/plain": repr(value)}, raw=True, metadata=record)
