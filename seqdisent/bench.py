"""``python -m seqdisent.bench``: the former name of ``seqdisent throughput``."""

from seqdisent.experiments.throughput import main

if __name__ == "__main__":
    main()
