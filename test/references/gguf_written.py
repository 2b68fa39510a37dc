"""What llama.cpp's own Python package makes of a .gguf file that we have written.

    python gguf_written.py FILE

Prints, as JSON: each tensor's shape and type, the types of the metadata, and, for tensors that are in the file as X.F32 and X.TYPE, whether
the package makes the same bytes of the first as we did.
"""

import json
import sys

import gguf
import numpy as np

reader = gguf.GGUFReader(sys.argv[1])
tensors = {tensor.name: tensor for tensor in reader.tensors}
same = {}
for name, tensor in tensors.items():
    original = tensors.get(f"{name.rpartition('.')[0]}.F32")
    if original is not None and original is not tensor:
        expected = gguf.quantize(np.array(original.data), tensor.tensor_type)
        same[name] = bool(np.array_equal(expected.view(np.uint8), np.array(tensor.data).view(np.uint8)))
print(
    json.dumps(
        dict(
            tensors={name: [[int(n) for n in reversed(t.shape)], t.tensor_type.name] for name, t in tensors.items()},
            metadata={name: field.types[-1].name for name, field in reader.fields.items() if not name.startswith("GGUF.")},
            same=same,
        )
    )
)
