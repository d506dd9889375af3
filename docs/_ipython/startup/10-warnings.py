"""A Python warning in a cell is an error, so that it fails the build."""

import warnings

warnings.simplefilter("error")
for package in ("IPython", "comm", "ipykernel", "jupyter_client", "traitlets", "zmq"):
    # the kernel's own affairs, which no author can mend
    warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
del package, warnings
