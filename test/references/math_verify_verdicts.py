"""What math-verify says of pairs of an expected answer and one that was given: a line of JSON `[expected, answer]` each, answered by true or false."""

import json
import sys

from math_verify import parse, verify

for line in sys.stdin:
    expected, answer = json.loads(line)
    read = [parse(f"${expected}$"), parse(answer if answer.startswith("$") else f"$\\boxed{{{answer}}}$")]
    print(json.dumps(bool(verify(*read))))
