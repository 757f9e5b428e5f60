"""The index: one folder for each build, a pointer to the current one, and how to open it."""
