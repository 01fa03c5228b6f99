"""The benchmark that measures Parley beside what people would use, in one run, on a stub of AWS."""
