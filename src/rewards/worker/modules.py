"""Which module a reward file is, and where its imports are looked for."""

import ast
import os
import re
import sys


def module_place(file, tree):
    """The name that the file has as a module, and the folders that are put on the path for it.

    As with "python file.py" the first one is where the file really is. In a package (with __init__.py) there is also
    the folder that the package is in; and a file with relative imports is loaded as a module of it.
    """
    real = os.path.realpath(file)
    root = folder = os.path.dirname(real)
    stem = os.path.splitext(os.path.basename(real))[0]
    parts = [stem]
    while os.path.isfile(os.path.join(root, "__init__.py")) and os.path.dirname(root) != root:
        parts.insert(0, os.path.basename(root))
        root = os.path.dirname(root)
    roots = [folder] if root == folder else [folder, root]
    is_relative = any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))
    name = ".".join(parts) if is_relative else stem
    taken = name.split(".")[0]
    if "." in stem or taken in sys.modules or taken in getattr(sys, "stdlib_module_names", sys.builtin_module_names):
        name = "grpo_reward_" + re.sub(r"\W", "_", stem)
    return name, roots
