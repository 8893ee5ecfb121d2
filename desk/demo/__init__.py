"""The demonstration: a crisis as data, a server that plays it as live feeds, and a score of what the monitor saw."""
