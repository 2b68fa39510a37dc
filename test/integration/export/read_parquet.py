"""Prints what pandas and datasets read of a Parquet file, row by row, beside what json reads of the JSON Lines file of the same rows."""

import json
import sys

import datasets
import pandas
import pyarrow.parquet

parquet, jsonl, cache = sys.argv[1:]
arrow = pyarrow.parquet.read_table(parquet).to_pylist()
frame = pandas.read_parquet(parquet)
hub = datasets.load_dataset("parquet", data_files=parquet, split="train", cache_dir=cache)
with open(jsonl, encoding="utf-8") as lines:
    rows = [json.loads(line) for line in lines]


def filled(wanted, like):
    """A row of JSON with the fields that the columns' types have besides, as null."""
    if isinstance(like, dict):
        return {key: filled((wanted or {}).get(key), value) for key, value in like.items()}
    if isinstance(like, list):
        return [filled(a, b) for a, b in zip(wanted, like, strict=True)]
    return wanted


for row, got in zip(rows, arrow, strict=True):
    want = filled(row, got)
    assert want == got, (want, got)
    assert set(row) <= set(got), set(row) - set(got)
assert list(hub) == arrow
assert frame.reward.isna().tolist() == [row["reward"] is None for row in rows]
assert frame.completion.tolist() == [row["completion"] for row in rows]
print(json.dumps({"rows": len(rows), "types": {field.name: str(field.type) for field in pyarrow.parquet.read_schema(parquet)}}))
