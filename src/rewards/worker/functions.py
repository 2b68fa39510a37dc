"""Which functions of a reward file are rewards, and where they are declared."""

import ast
import functools
import inspect

# What TRL 1.16 passes besides the dataset's columns (GRPOTrainer._calculate_rewards).
TRL_ARGUMENTS = ("prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric")


def takes_trl_arguments(function):
    """Whether TRL could call it: it names what it scores, and takes the keyword arguments that it does not name."""
    parameters = inspect.signature(function).parameters.values()
    names = {p.name for p in parameters}
    takes_rest = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names_inputs = bool(names & {"prompts", "completions", "completion_ids"}) or len(names) == 1
    return names_inputs and (takes_rest or names >= set(TRL_ARGUMENTS))


def plain_function(function):
    while isinstance(function, functools.partial):
        function = function.func
    return function


def declaration_of(function, file, tree):
    code = getattr(inspect.unwrap(plain_function(function)), "__code__", None)
    if not code:
        return {}
    # Its line is that of the first decorator.
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name == code.co_name
        and min([node.lineno] + [decorator.lineno for decorator in node.decorator_list]) == code.co_firstlineno
    ]
    if code.co_filename != file or not found:
        return {"file": code.co_filename, "line": code.co_firstlineno}
    return {"file": file, "line": found[0].lineno, "column": found[0].col_offset + 1, "parameters": parameters_of(found[0])}


def parameters_of(node):
    positional = getattr(node.args, "posonlyargs", []) + node.args.args
    required = positional[: len(positional) - len(node.args.defaults)]
    required += [argument for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults) if default is None]
    return [{"name": a.arg, "line": a.lineno, "column": a.col_offset + 1} for a in required]
