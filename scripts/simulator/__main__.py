"""`python -m scripts.simulator`. Imports nothing at the top, since each process of the simulated Lambda imports it."""

if __name__ == "__main__":
    from scripts.stage.interrupts import quiet

    with quiet():
        from scripts.simulator.command import main

    main()
