"""A package of its own, so that its fixtures end with it: while Playwright runs, its event loop is seen by everything in the process."""
