"""Reading: a letter with a configuration in, a record out; in this process or apart from it."""
