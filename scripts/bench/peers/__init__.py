"""The benchmark that measures the speed of Parley beside that of others' handlers, in one run, on a stub of AWS."""
