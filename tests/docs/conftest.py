"""Projects that the tests build are no tests."""

collect_ignore = ["fixtures"]
