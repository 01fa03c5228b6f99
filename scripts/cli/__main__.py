"""`python -m scripts.cli`, which `scripts/parley` runs. Imports the commands late, so that Ctrl+C ends it quietly."""

from scripts.stage.interrupts import quiet


def main() -> None:
    """Run the command line with the arguments of this process."""
    with quiet():
        from scripts.cli.commands import parley  # noqa: PLC0415 (slow)
        from scripts.stage.hints import PROGRAM  # noqa: PLC0415
    parley(prog_name=PROGRAM)


if __name__ == "__main__":
    main()
