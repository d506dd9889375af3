"""How a computer finds a derivative: numerically, symbolically, automatically.

The import path names the chapter of the course: ``slopes.finite`` belongs to *Numerical
differentiation*. Nothing is imported here, so a topic loads only what it needs.
"""

__version__ = "0.1.0"
