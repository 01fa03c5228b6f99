"""`python -m scripts.simulator`: kept empty for the processes that Lambda's stand-in starts, which import it again."""

if __name__ == "__main__":
    from scripts.simulator.main import main

    main()
