"""Fuzzes one target in this process, with libFuzzer's arguments; `tests.fuzz` starts it. It never returns."""

import sys

import atheris

with atheris.instrument_imports(include=["chalicelib"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    _, name, *arguments = sys.argv
    atheris.Setup([name, *arguments], TARGETS[name].run)
    atheris.Fuzz()
