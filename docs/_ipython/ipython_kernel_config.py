"""How the kernels of a build behave; readers' own kernels are theirs."""

import os

c = get_config()  # noqa: F821 - given by traitlets

c.IPKernelApp.log_level = 40  # else every notebook starts with a line about TCP
c.HistoryManager.enabled = False
c.InteractiveShell.colors = "nocolor"
# A traceback's frames name files of the building machine. To see them: SLOPES_TRACEBACK=Context
c.InteractiveShell.xmode = os.environ.get("SLOPES_TRACEBACK", "Minimal")
