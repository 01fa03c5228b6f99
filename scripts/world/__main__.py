"""`python -m scripts.world`: kept empty for the processes that Lambda's stand-in starts, which import it again."""

if __name__ == "__main__":
    from scripts.world.main import main

    main()
