"""Recognizes a training script: importing it for its reward functions would start the training."""

import ast


def training_call(tree):
    """The call that creates a library's trainer, such as GRPOTrainer(...), where importing the file would run it; else None."""
    trainers = trainer_names(tree)
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    waiting, seen = list(tree.body), set()
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and is_main_guard(node.test):
            waiting += node.orelse
            continue
        called = dotted(node.func) if isinstance(node, ast.Call) else None
        if called in trainers:
            return node
        if called in functions and called not in seen:
            seen.add(called)
            waiting += functions[called].body
        waiting += ast.iter_child_nodes(node)
    return None


LIBRARIES = ("trl", "transformers", "unsloth")


def trainer_names(tree):
    """How the file calls the trainers of libraries, and its own classes derived from them."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES and not node.level:
            names |= {alias.asname or alias.name for alias in node.names if alias.name.endswith("Trainer")}
    modules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in LIBRARIES
    }
    for node in ast.walk(tree):
        name = dotted(node) if isinstance(node, ast.Attribute) else None
        if name and name.endswith("Trainer") and name.rpartition(".")[0] in modules:
            names.add(name)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return names | {node.name for node in classes if any(dotted(base) in names for base in node.bases)}


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else None
    return inner and "{}.{}".format(inner, node.attr)


def is_main_guard(test):
    """`__name__ == "__main__"`, also as a part of a condition."""
    compared = [node for node in ast.walk(test) if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)]
    return any("__name__" in ast.dump(node) and "__main__" in ast.dump(node) for node in compared)
