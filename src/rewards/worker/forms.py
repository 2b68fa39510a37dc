"""Recognizes a line that reads the arguments of a call as what they are not.

Those are chat messages where prompts and completions are texts, the other way round, and token ids that are not known.
"""

import ast
import linecache

from grpo_reward_errors import is_users

WORDS = {
    "chat": " (prompts and completions are plain text here, as in TRL with text prompts: read the text itself, or make the"
    ' prompts chat messages with "prompt": { "user": "{{ question }}" } in the run config)',
    "text": " (prompts and completions are lists of chat messages here, as in TRL with chat prompts: the text of a"
    ' completion is completion[0]["content"])',
}
NO_IDS = " (completion_ids is None for samples: the tokens of a completion are known in training and when a run is rescored)"
LISTS = (list, tuple)


def misread_form(error, prompts, completions):
    """The form that the user's line reads, "chat" or "text", where it fails because its values have the other; else None."""
    line = failing_line(error, prompts, completions)
    if line is None or not prompts:
        return None
    is_text = isinstance(prompts[0], str)
    if is_text and line.is_last and any(reads_message(error, node, line) for node in line.nodes):
        return "chat"
    if not is_text and any(reads_text(error, node, line) for node in line.nodes):
        return "text"
    return None


def lacks_ids(error, arguments):
    """Whether a line fails because it reads `completion_ids` where they are not known."""
    if arguments["completion_ids"] is not None or not isinstance(error, TypeError) or "NoneType" not in str(error):
        return False
    line = failing_line(error, arguments["prompts"], arguments["completions"])
    inside = [inner for node in line.nodes for inner in ast.walk(node)] if line else []
    return any(isinstance(node, ast.Name) and node.id == "completion_ids" for node in inside)


def failing_line(error, prompts, completions):
    """The user's line of a traceback; None where there is none, or it was edited since."""
    frames = frames_of(error)
    trace = [tb for tb in frames if is_users(tb.tb_frame.f_code.co_filename)]
    try:
        return FailingLine(trace, prompts, completions, frames[-1] is trace[-1]) if trace else None
    except (SyntaxError, ValueError):
        return None


def frames_of(error):
    frames, tb = [], error.__traceback__
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    return frames


def reads_message(error, node, line):
    """`completion[0]["content"]` and `completion[0].get("content")` of a text, also of an empty one."""
    says = str(error)
    if isinstance(error, TypeError) and "string ind" in says and "integer" in says:
        return isinstance(key_of(node), str) and line.is_ours(node.value)
    if isinstance(error, IndexError) and "string index out of range" in says:
        is_indexed = any(isinstance(key_of(other), str) and other.value is node for other in ast.walk(line.tree))
        return is_indexed and isinstance(node, ast.Subscript) and line.is_ours(node.value)
    if isinstance(error, AttributeError) and "'str' object has no attribute" in says:
        return isinstance(node, ast.Attribute) and hasattr(dict, node.attr) and line.is_ours(node.value)
    return False


def reads_text(error, node, line):
    """`completion.strip()`, `re.search(pattern, completion)` and `completion + "..."` of messages."""
    says = str(error)
    if isinstance(error, AttributeError) and ("'list' object" in says or "'dict' object" in says):
        return isinstance(node, ast.Attribute) and hasattr(str, node.attr) and line.is_ours(node.value)
    if not isinstance(error, TypeError) or "str" not in says:
        return False
    if isinstance(node, ast.Call):
        return any(line.is_ours(argument) for argument in node.args + [keyword.value for keyword in node.keywords])
    return isinstance(node, ast.BinOp) and (line.is_ours(node.left) or line.is_ours(node.right))


def key_of(node):
    """The constant in `value[constant]`; None for any other node."""
    if not isinstance(node, ast.Subscript):
        return None
    index = getattr(node.slice, "value", node.slice)  # Python 3.8 has another node around it
    try:
        return ast.literal_eval(index) if isinstance(index, ast.AST) else index
    except (ValueError, TypeError, SyntaxError):
        return None


class FailingLine:
    """Where the user's code has failed: its expressions, and whether they are prompts and completions of the call."""

    def __init__(self, trace, prompts, completions, is_last):
        # Or what it called is another's code.
        self.is_last = is_last
        frame, lineno = trace[-1].tb_frame, trace[-1].tb_lineno
        file = frame.f_code.co_filename
        self.tree = ast.parse("".join(linecache.getlines(file)))
        inside = [node for node in ast.walk(self.tree) if isinstance(node, ast.expr) and spans(node, lineno)]
        place = position_of(trace[-1])
        self.nodes = [node for node in inside if place is None or place_of_node(node) == place]
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = [node for node in ast.walk(self.tree) if isinstance(node, kinds) and spans(node, lineno)]
        self.function = functions[-1] if functions else self.tree
        # A comprehension may have a frame of its own, inside that of its function.
        self.frames = [frame]
        for tb in reversed(trace[:-1]):
            if not self.frames[-1].f_code.co_name.startswith("<") or tb.tb_frame.f_code.co_filename != file:
                break
            self.frames.append(tb.tb_frame)
        # By identity: another text may be equal. Python has but one "4", whosever it is.
        values = [prompts, completions, *prompts, *completions]
        values += [message for value in values if isinstance(value, LISTS) for message in value if isinstance(message, dict)]
        self.ours = {id(value) for value in values if not isinstance(value, str) or len(value) > 1}

    def is_ours(self, node, depth=4):
        """Whether an expression is one of the prompts or completions, a list of them or a part of one."""
        while True:
            value = self.value_of(node)
            if id(value) in self.ours or (isinstance(value, LISTS) and any(id(item) in self.ours for item in value)):
                return True
            if not isinstance(node, ast.Subscript):
                break
            node = node.value
        if not isinstance(node, ast.Name) or depth == 0:
            return False
        return any(self.is_ours(source, depth - 1) for source in sources_of(node.id, self.function))

    def value_of(self, node):
        if isinstance(node, ast.Name):
            scopes = [frame.f_locals for frame in self.frames] + [self.frames[0].f_globals]
            return next((scope[node.id] for scope in scopes if node.id in scope), None)
        key = key_of(node)
        value = self.value_of(node.value) if key is not None else None
        # Of other types, indexing may run the user's code.
        try:
            return value[key] if type(value) in (list, tuple, dict) else None
        except (LookupError, TypeError):
            return None


def sources_of(name, function):
    """The expressions that a variable of a function gets its value from: what is assigned to it, or what a loop takes it from."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            yield node.value
        elif isinstance(node, (ast.For, ast.comprehension)):
            yield from loop_sources(name, node.target, node.iter)


def loop_sources(name, target, iterated):
    if isinstance(target, ast.Name) and target.id == name:
        yield iterated
    called = iterated.func.id if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) else ""
    if isinstance(target, ast.Tuple) and called == "zip":
        for part, argument in zip(target.elts, iterated.args):
            yield from loop_sources(name, part, argument)
    elif isinstance(target, ast.Tuple) and called == "enumerate" and len(target.elts) == 2:
        yield from loop_sources(name, target.elts[1], iterated.args[0])


def spans(node, line):
    return hasattr(node, "lineno") and node.lineno <= line <= (node.end_lineno or node.lineno)


def place_of_node(node):
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def position_of(tb):
    """The exact place of what failed, where Python keeps it (since 3.11)."""
    positions = getattr(tb.tb_frame.f_code, "co_positions", None)
    place = list(positions())[tb.tb_lasti // 2] if positions else (None,)
    return None if None in place else place
