"""How the kernels of a build behave; readers' own kernels are theirs."""

c = get_config()  # noqa: F821 - given by traitlets

c.IPKernelApp.log_level = 40  # else every notebook starts with a line about TCP
c.HistoryManager.enabled = False
c.InteractiveShell.xmode = "Minimal"  # a traceback's frames name files of the building machine
