"""One check of the site that the environment names, in a fresh process, and how long it took.

python -m bench.check_once: what is wrong, and the seconds from files on disk to that, as JSON.
"""

import json
import time

from engine.checking.checker import check_all
from engine.settings import from_environment


def main() -> None:
    """As `trunkline check` does it, the start of Python and its imports left out."""
    settings = from_environment()
    began, began_cpu = time.perf_counter(), time.process_time()
    problems = [str(problem) for problem in check_all(settings)]
    check_s, processor_s = time.perf_counter() - began, time.process_time() - began_cpu
    print(json.dumps({"check_s": check_s, "processor_s": processor_s, "problems": problems}))


if __name__ == "__main__":
    main()
