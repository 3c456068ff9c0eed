"""The sheets of the master, one module each: every module adds its cells to the plan and places its slots."""
