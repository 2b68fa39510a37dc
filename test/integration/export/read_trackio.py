"""Prints the runs of a project of trackio: name, learning rate, and rewards by step."""

import json
import sys

import trackio
from trackio.sqlite_storage import SQLiteStorage

runs = trackio.Api().runs(sys.argv[1])
print(
    json.dumps(
        [
            {
                "name": run.name,
                "learningRate": run.config["learningRate"],
                "rewards": [[row["step"], row["train/reward"]] for row in SQLiteStorage.get_logs(sys.argv[1], run.name)],
            }
            for run in runs
        ]
    )
)
