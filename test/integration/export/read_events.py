"""Prints what TensorBoard reads of a folder with event files: the values of each scalar by step, and the texts."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
print(
    json.dumps(
        {
            "scalars": {tag: [[item.step, item.value] for item in events.Scalars(tag)] for tag in tags["scalars"]},
            "texts": {tag: events.Tensors(tag)[-1].tensor_proto.string_val[0].decode() for tag in tags["tensors"]},
        }
    )
)
