"""Dataset files of every kind, and what pyarrow and `datasets` read from them: fixtures/datasets.

    python dataset_files.py

`NAME.json` beside a file has its rows as they come, column by column of JSON; what JSON has not got is written as the readers should
give it: a float as {"float": repr}, so that 5.0 is told from 5; dates and times in ISO format, decimals and integers beyond 2^53 as texts (of a column
that has any, all), bytes as text or null, NaN as null. `layouts.json` has folders in the Hub's layout, by their files and README, and which
files `datasets` takes for each config and split.
"""

import base64
import datetime as dt
import decimal
import json
import math
import shutil
import tempfile
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import load_dataset, load_dataset_builder
from pyarrow.parquet import encryption

FOLDER = Path(__file__).parent / "fixtures" / "datasets"
WIDE = 2**53 - 1


def plain(value, wide=False):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value) if wide else value
    if isinstance(value, float):
        return None if math.isnan(value) else {"float": repr(value)}
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    if isinstance(value, dict):
        return {str(name): plain(member, wide) for name, member in value.items()}
    return [plain(item, wide) for item in value]


def is_wide(value):
    if isinstance(value, dict):
        return any(map(is_wide, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(is_wide, value))
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) > WIDE


def write_expected(name, rows):
    columns = {}
    for column in rows[0]:
        values = [row[column] for row in rows]
        wide = any(map(is_wide, values))
        columns[column] = [plain(value, wide) for value in values]
    text = ",\n".join(f"  {json.dumps(key)}: {json.dumps(values)}" for key, values in columns.items())
    (FOLDER / f"{name}.json").write_text("{\n" + text + "\n}\n")


def columns_of_every_type():
    when = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)
    early = dt.datetime(1969, 12, 31, 12, 0, 0, 500000)
    rows = 4

    def column(values, type):
        return pa.array((values + [None] * rows)[:rows], type=type)

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    chat = [{"role": "system", "content": "Think."}, {"role": "user", "content": "2 + 2?"}]
    inner = pa.struct([("n", pa.int64()), ("x", pa.float64()), ("tags", pa.list_(pa.string()))])
    dates = [dt.date(2024, 2, 29), dt.date(1600, 1, 1), dt.date(1970, 1, 1)]
    times = [dt.time(23, 59, 58, 123000), dt.time(0, 0)]
    decimals = [decimal.Decimal("1.10"), decimal.Decimal("-0.05"), decimal.Decimal("12345678.90")]
    return {
        "text": column(["a", "", "zwölf\n\"12\" 😀", None], pa.string()),
        "large_text": column(["a", "b"], pa.large_string()),
        "nothing": column([], pa.null()),
        "bool": column([True, False, None], pa.bool_()),
        "int8": column([-128, 127, 0], pa.int8()),
        "int16": column([-32768, 32767], pa.int16()),
        "int32": column([-(2**31), 2**31 - 1], pa.int32()),
        "int64": column([-(2**53) + 1, 2**53 - 1, 5], pa.int64()),
        "uint8": column([0, 255], pa.uint8()),
        "uint32": column([0, 2**32 - 1], pa.uint32()),
        "uint64": column([0, 2**53 - 1], pa.uint64()),
        "wide_int64": column([1, 2**63 - 1, -(2**63)], pa.int64()),
        "wide_uint64": column([7, 2**64 - 1], pa.uint64()),
        "float16": column([0.5, 5.0, float("inf"), -2.25], pa.float16()),
        "float32": column([0.1, 5.0, -0.0], pa.float32()),
        "float64": column([5.0, 0.1, 1e22, float("nan")], pa.float64()),
        "odd_float64": column([-0.0, float("inf"), float("-inf"), 1e308], pa.float64()),
        "decimal32": column([decimal.Decimal("1.10"), decimal.Decimal("-7.00")], pa.decimal128(5, 2)),
        "decimal": column(decimals, pa.decimal128(20, 2)),
        "decimal_integer": column([decimal.Decimal(5), decimal.Decimal(-12)], pa.decimal128(38, 0)),
        "decimal256": column([decimal.Decimal("123456789012345678901234567890.000000001")], pa.decimal256(60, 9)),
        "date32": column(dates, pa.date32()),
        "date64": column(dates, pa.date64()),
        "time32": column(times, pa.time32("ms")),
        "time64": column([dt.time(1, 2, 3, 45), *times], pa.time64("us")),
        "timestamp_s": column([when.replace(microsecond=0)], pa.timestamp("s")),
        "timestamp_ms": column([when.replace(microsecond=123000), early], pa.timestamp("ms")),
        "timestamp_us": column([when, early], pa.timestamp("us")),
        "timestamp_ns": column([1709251198123456789, -1], pa.timestamp("ns")),
        "timestamp_utc": column([when, early], pa.timestamp("us", tz="UTC")),
        "category": pa.array(["a", "b", "a", None]).dictionary_encode(),
        "ints": column([[1, 2], [], None, [None, 3]], pa.list_(pa.int64())),
        "floats": column([[1.0, 0.5], [], [None]], pa.list_(pa.float64())),
        "large_list": column([["a"], []], pa.large_list(pa.string())),
        "pair": column([[1, 2], [3, 4]], pa.list_(pa.int32(), 2)),
        "lists": column([[["a"], [], None], [[None]], []], pa.list_(pa.list_(pa.string()))),
        "prompt": column([chat, chat[1:], []], pa.list_(message)),
        "struct": column([{"n": 1, "x": 2.0, "tags": ["t"]}, {"n": None, "x": None, "tags": None}, None, {"n": 2, "x": 0.5, "tags": []}], inner),
        "structs": column([[{"n": 2**60, "x": 1.0, "tags": ["t", None]}, None], []], pa.list_(inner)),
        "map": column([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64())),
        "map_of_ints": column([[(1, [1.0]), (2, [])]], pa.map_(pa.int32(), pa.list_(pa.float64()))),
        "utf8_bytes": column([b"a", "ö".encode()], pa.binary()),
        "image": column([{"bytes": b"\x89PNG\xff", "path": "a.png"}], pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    }


def gsm8k(rows):
    return pa.table(
        {
            "question": [f"Ann has {n} apples and buys {n + 1} more. How many has she?" for n in range(rows)],
            "answer": [f"She has {n} + {n + 1} = {2 * n + 1}.\n#### {2 * n + 1}" for n in range(rows)],
            "n": pa.array(range(rows), pa.int64()),
            "levels": [["easy", "sums"][: n % 3] for n in range(rows)],
        }
    )


def write_parquet():
    types = pa.table(columns_of_every_type())
    pq.write_table(types, FOLDER / "types.parquet")
    # A block without data, the dictionary of a column of nulls, is one byte in LZ4.
    nulls = pa.table({"prompt": ["a", "b"], "n": pa.array([None, None], pa.null()), "s": pa.array([None, None], pa.string())})
    pq.write_table(nulls, FOLDER / "nulls-lz4.parquet", compression="lz4")
    write_expected("nulls-lz4", nulls.to_pylist())
    rows = pq.read_table(FOLDER / "types.parquet").to_pylist()
    # Lists of pairs, as pyarrow gives them.
    for row in rows:
        for name in ["map", "map_of_ints"]:
            row[name] = None if row[name] is None else dict(row[name])
    write_expected("types", rows)

    small = gsm8k(40)
    write_expected("rows", small.to_pylist())
    variants = {
        "plain": {"compression": "none", "use_dictionary": False},
        "snappy": {"compression": "snappy"},
        "gzip": {"compression": "gzip", "row_group_size": 7},
        "zstd": {"compression": "zstd", "data_page_version": "2.0"},
        "brotli": {"compression": "brotli"},
        "lz4": {"compression": "lz4", "data_page_version": "2.0", "row_group_size": 15},
        "small-pages": {"data_page_size": 64, "write_batch_size": 3, "use_dictionary": False},
        "page-index": {"data_page_size": 64, "write_batch_size": 3, "write_page_index": True},
        "delta": {
            "use_dictionary": False,
            "column_encoding": {"question": "DELTA_BYTE_ARRAY", "answer": "DELTA_LENGTH_BYTE_ARRAY", "n": "DELTA_BINARY_PACKED", "levels.list.element": "PLAIN"},
        },
        "split": {"use_dictionary": False, "column_encoding": {"question": "PLAIN", "answer": "PLAIN", "n": "BYTE_STREAM_SPLIT", "levels.list.element": "PLAIN"}},
    }
    for name, options in variants.items():
        pq.write_table(small, FOLDER / f"rows-{name}.parquet", **options)
        assert load(f"rows-{name}.parquet", "parquet") == small.to_pylist(), name
    times = pa.table({"t": pa.array([dt.datetime(2024, 2, 29, 12, 0, 0, 250000), None], pa.timestamp("us"))})
    pq.write_table(times, FOLDER / "int96.parquet", use_deprecated_int96_timestamps=True)
    write_expected("int96", times.to_pylist())


def write_bad_parquet():
    one = pa.table({"answer": ["a", "b"]})
    pq.write_table(one, FOLDER / "lzo.parquet", compression="brotli", use_dictionary=False)
    whole = (FOLDER / "lzo.parquet").read_bytes()
    # The codec's number in the footer: Brotli is 4, LZO 3, which thrift writes as 8 and 6.
    for at in range(len(whole) - 1):
        if whole[at : at + 2] == b"\x15\x08":
            (FOLDER / "lzo.parquet").write_bytes(whole[: at + 1] + b"\x06" + whole[at + 2 :])
            try:
                if pq.read_metadata(FOLDER / "lzo.parquet").row_group(0).column(0).compression == "LZO":
                    break
            except Exception:
                pass
    else:
        raise AssertionError("no codec found")

    class Keys(encryption.KmsClient):
        def __init__(self, config):
            super().__init__()

        def wrap_key(self, key, name):
            return base64.b64encode(key)

        def unwrap_key(self, key, name):
            return base64.b64decode(key)

    factory = encryption.CryptoFactory(Keys)
    for name, is_plain in {"encrypted": False, "encrypted-columns": True}.items():
        config = encryption.EncryptionConfiguration(footer_key="f", column_keys={"c": ["answer"]}, plaintext_footer=is_plain)
        properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), config)
        with pq.ParquetWriter(FOLDER / f"{name}.parquet", one.schema, encryption_properties=properties) as writer:
            writer.write_table(one)
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["answer", "answer"])
    pq.write_table(twice, FOLDER / "twice.parquet")
    pq.write_table(pa.table({"__proto__": [1]}), FOLDER / "proto.parquet")
    pq.write_table(pa.table({"answer": pa.array([], pa.string())}), FOLDER / "no-rows.parquet")
    pq.write_table(pa.table({"answer": pa.array([b"\xff\xfe", b"a"]).cast(pa.string(), safe=False)}), FOLDER / "not-utf8.parquet")


CSV = '''text,int,zeros,int_missing,float,whole,mixed,bool,bool_missing,nothing,wide,signed,space,exponent,infinite,hex,empty_text,quoted_int,na_text,unicode
"a, ""b""
c",1,007,1,1.5,5.0,1,True,true,,1,+1, 1,1e3,inf,0x10,x,"1",NA,zwölf
plain,-2,012,,.5,6.0,two,FALSE,,,12345678901234567890,-1,2 ,1E-2,-inf,1_0,,"2",n/a,😀
 padded ,3,100,3,-1.,7.0,3.5,false,FALSE,,2,0,  3,2e0,1,2,"",3,real,
'''

# Only what pandas takes otherwise than one might think.
MORE_CSV = {
    "quirks.csv": "a,b\r\n1,x\r\n\r\n2,\"line one\r\nline two\"\r\n   \r\n3,\r\n",
    "index.csv": ",question\n0,a\n1,b\n",
    "bom.csv": "\ufeffquestion,answer\na,1\n",
    "no-end.csv": "question,answer\na,1\nb,2",
    "none.csv": "a,b\n,\n,1\n",
    "rows.tsv": "question\tanswer\na, b\t1\n\"c\td\"\t2\n",
}


def load(name, kind, **options):
    with tempfile.TemporaryDirectory() as cache:
        loaded = load_dataset(kind, data_files=str(FOLDER / name), split="train", cache_dir=cache, **options)
        return loaded.to_list()


def write_texts():
    files = {"types.csv": CSV, **MORE_CSV}
    for name, text in files.items():
        (FOLDER / name).write_bytes(text.encode())
        options = {"sep": "\t"} if name.endswith(".tsv") else {}
        write_expected(name, load(name, "csv", **options))
    rows = [{"question": "a", "n": 1, "x": 5.0, "tags": ["t"]}, {"question": "b\n", "n": 2, "x": 0.5, "tags": []}]
    (FOLDER / "list.json").write_text(json.dumps(rows, indent=2))
    (FOLDER / "lines.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ["list.json", "lines.json"]:
        assert load(name, "json") == rows, name
    (FOLDER / "field.json").write_text(json.dumps({"version": "1", "data": rows}, indent=1))
    assert load("field.json", "json", field="data") == rows
    write_expected("list.json", rows)


def card(*configs):
    import yaml

    return "---\nlicense: mit\n" + yaml.safe_dump({"configs": list(configs)}, sort_keys=False) + "---\n# A dataset\n"


def split(name, path):
    return {"split": name, "path": path}


SHARDS = [f"data/train-0000{n}-of-00003.parquet" for n in range(3)]
LAYOUTS = {
    "shards": [*SHARDS, "data/test-00000-of-00001.parquet", "README.md"],
    "shards of another split": ["data/train-00000-of-00001.parquet", "data/hard-00000-of-00001.parquet"],
    "files by split": ["train.jsonl", "test.jsonl", "README.md", "LICENSE"],
    "files by split in a folder": ["data/train.csv", "data/validation.csv"],
    "numbered": ["train_0.csv", "train_1.csv", "test_0.csv"],
    "prefixed": ["my-train.json", "my-dev.json", "my-eval.json"],
    "keyword is a part of a word": ["trainer.jsonl", "rows.jsonl"],
    "folders by split": ["train/a.parquet", "train/b.parquet", "test/a.parquet"],
    "folders by split, deep": ["x/training/a.csv", "x/evaluation/b.csv"],
    "one file": ["rows.parquet"],
    "several files": ["b.jsonl", "a.jsonl", "more/c.jsonl"],
    "hidden and special": [".cache/a.jsonl", "__pycache__/b.jsonl", "rows.jsonl", ".hidden.jsonl"],
    "with what is no data": ["train.jsonl", "dataset_info.json", "config.json", "notes.txt"],
    "two formats": ["a.csv", "b.jsonl", "c.jsonl"],
    "only test": ["test.jsonl"],
    "gzipped": ["train.jsonl.gz", "test.jsonl.gz"],
    "nothing": ["README.md"],
    "card: a file": (["rows.csv", "other.csv"], card({"config_name": "default", "data_files": "rows.csv"})),
    "card: a pattern": (["a/1.csv", "a/2.csv", "b/1.csv"], card({"config_name": "default", "data_files": "a/*.csv"})),
    "card: a list": (["a.csv", "b.csv", "c.csv"], card({"config_name": "default", "data_files": ["b.csv", "a.csv"]})),
    "card: splits": (
        ["x/1.csv", "x/2.csv", "y.csv"],
        card({"config_name": "default", "data_files": [split("train", "x/*"), split("test", "y.csv")]}),
    ),
    "card: paths of a split": (
        ["x.csv", "y.csv", "z.csv"],
        card({"config_name": "default", "data_files": [split("train", ["z.csv", "x.csv"]), split("test", "y.csv")]}),
    ),
    "card: deep pattern": (
        ["d/e/1.csv", "d/2.csv"],
        card({"config_name": "default", "data_files": [split("train", "d/**/*.csv")]}),
    ),
    "card: a choice of characters": (
        ["p1.csv", "p2.csv", "p3.csv"],
        card({"config_name": "default", "data_files": [split("train", "p[12].csv"), split("test", "p?.csv")]}),
    ),
    "card: one config": (
        ["main/train-00000-of-00001.parquet", "main/test-00000-of-00001.parquet"],
        card({"config_name": "main", "data_files": [split("train", "main/train-*"), split("test", "main/test-*")]}),
    ),
    "card: several configs": (
        ["main/train.csv", "socratic/train.csv"],
        card(
            {"config_name": "main", "data_files": [split("train", "main/train*")]},
            {"config_name": "socratic", "data_files": [split("train", "socratic/train*")]},
        ),
    ),
    "card: a default": (
        ["main/train.csv", "socratic/train.csv"],
        card(
            {"config_name": "main", "data_files": [split("train", "main/*")]},
            {"config_name": "socratic", "data_files": [split("train", "socratic/*")], "default": True},
        ),
    ),
    "card: a config called default": (
        ["main/train.csv", "other/train.csv"],
        card(
            {"config_name": "other", "data_files": "other/*"},
            {"config_name": "default", "data_files": "main/*"},
        ),
    ),
    "card: data_dir": (
        ["one/train.csv", "one/test.csv", "two/train.csv"],
        card({"config_name": "one", "data_dir": "one", "default": True}, {"config_name": "two", "data_dir": "two"}),
    ),
    "card: missing file": (["a.csv"], card({"config_name": "default", "data_files": "b.csv"})),
    "card: without configs": (["train.csv"], "---\nlicense: mit\ntags: [math, 'a: b']\n---\n"),
}


def write_layouts():
    layouts = []
    for name, layout in LAYOUTS.items():
        files, readme = layout if isinstance(layout, tuple) else (layout, None)
        with tempfile.TemporaryDirectory() as parent:
            root = Path(parent).resolve() / "set"
            for file in files:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text("")
            if readme is not None:
                (root / "README.md").write_text(readme)
            configs, default = {}, None
            for config in config_names(root):
                try:
                    found = load_dataset_builder(str(root), config).config.data_files
                except Exception as error:
                    configs = {"error": type(error).__name__}
                    break
                configs[config] = {str(key): [str(Path(file).relative_to(root)) for file in found[key]] for key in found}
            try:
                default = load_dataset_builder(str(root)).config.name if "error" not in configs else None
            except Exception:
                pass
        layouts.append({"name": name, "files": files, "readme": readme, "configs": configs, "default": default})
    text = ",\n".join(json.dumps(layout) for layout in layouts)
    (FOLDER / "layouts.json").write_text(f"[\n{text}\n]\n")


def config_names(root):
    try:
        return datasets.get_dataset_config_names(str(root))
    except Exception:
        return ["default"]


if __name__ == "__main__":
    datasets.disable_progress_bars()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    write_parquet()
    write_bad_parquet()
    write_texts()
    write_layouts()
