"""A Python warning while a cell runs is an error, so that it fails the build.

Between the cells the warnings are the kernel's own affairs, which no author can mend: since Python
3.12 a kernel that starts warns, and as an error that would be its end.
"""


def be_strict_in_cells(shell):
    """Keep the strict filters around every cell, its figures and the display of its result."""
    import warnings
    from contextlib import ExitStack

    running = ExitStack()

    def enter(_):
        running.close()
        running.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")
        for package in ("ipykernel", "jupyter_client", "zmq"):
            warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")  # its threads run on

    shell.events.register("pre_run_cell", enter)
    shell.events.register("post_run_cell", lambda _: running.close())


be_strict_in_cells(get_ipython())  # noqa: F821 - given by IPython
del be_strict_in_cells
