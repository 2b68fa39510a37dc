"""What went wrong in a Python reward, in words, and where in the user's code."""

import os
import re
import sys
import traceback

HERE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "")
STANDARD_LIBRARY = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")

# The reward file as the host named it, and the folders that its imports are looked for in.
user = {"file": "", "roots": []}


def place_of(error):
    """Where the user's code has gone wrong: what does not parse, else the last frame of the traceback in it."""
    if isinstance(error, SyntaxError) and os.path.isfile(error.filename or "") and is_users(error.filename):
        return {"file": as_named(error.filename), "line": error.lineno or 1, "column": max(error.offset or 1, 1)}
    return place_among(traceback.extract_tb(error.__traceback__))


def place_among(frames):
    """The last of these frames that is in the user's code."""
    frames = [frame for frame in frames if is_users(frame.filename)]
    if not frames:
        return {}
    column = getattr(frames[-1], "colno", None)  # since Python 3.11
    place = {"file": as_named(frames[-1].filename), "line": frames[-1].lineno}
    return place if column is None else {**place, "column": column + 1}


def is_users(file):
    """Whether code is the user's own: not this worker's, the standard library's, or that of a package."""
    if file.startswith("<") or re.search(r"[\\/](site|dist)-packages[\\/]", file):
        return False
    real = os.path.realpath(file)
    return not real.startswith((STANDARD_LIBRARY, HERE))


def as_named(file):
    """A file beside the reward file, or in a folder of its folder, by the path that the host knows it by."""
    named, real = os.path.dirname(user["file"]), os.path.dirname(os.path.realpath(user["file"]))
    if named == real or not file.startswith(os.path.join(real, "")):
        return file
    candidate = os.path.join(named, os.path.relpath(file, real))
    return candidate if os.path.realpath(candidate) == file else file


def describe(error):
    """An exception in words, with what it was caused by where that says more."""
    text = words_of(error)
    seen = [error]
    while len(seen) < 5:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or any(cause is other for other in seen):
            break
        how = "caused by" if error.__cause__ else "while handling"
        if str(cause) not in text or not str(cause):
            text += " ({} {})".format(how, words_of(cause))
        seen.append(cause)
        error = cause
    return text[:4000] + import_hint(seen[0]) + environment_hint(seen[0])


def words_of(error):
    """As the last lines of a traceback say it, without the text that does not parse."""
    words = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, SyntaxError):
        return words[words.rfind("\n") + 1 :]
    grouped = getattr(error, "exceptions", None)
    if isinstance(grouped, tuple) and all(isinstance(part, BaseException) for part in grouped):
        words += ": " + "; ".join(words_of(part) for part in grouped[:3])
    return words


def environment_hint(error):
    """Where `os.environ[name]` has found nothing: most variables are kept from rewards."""
    frames = traceback.extract_tb(error.__traceback__)
    if not isinstance(error, KeyError) or not frames or frames[-1].filename != os.environ.__getitem__.__code__.co_filename:
        return ""
    return ' (rewards see few environment variables: name it in the run config\'s "rewardEnv")'


def import_hint(error):
    """How to mend an import that failed. Only what is not the user's own is for pip to install."""
    if not isinstance(error, ImportError) or not user["roots"]:
        return ""
    folder, name = user["roots"][0], error.name or ""
    if "no known parent package" in str(error):
        return " (a relative import needs a package: put an __init__.py into {}, or import by name)".format(folder)
    if not isinstance(error, ModuleNotFoundError) or not name:
        return ""
    top = name.split(".")[0]
    if top != name and top in sys.modules:
        places = list(getattr(sys.modules[top], "__path__", []))
        return " (Python looked in {})".format(", ".join(places) or top)
    place = folder_above_with(top, folder)
    if place is None:
        return " (install it with {} -m pip install; Python also looked in {})".format(sys.executable, folder)
    return (
        " ({} lies in {}, where Python does not look; it looks in {}. Put an __init__.py into each folder from there"
        " to the reward file, or set PYTHONPATH)"
    ).format(top, place, " and ".join(user["roots"]))


def folder_above_with(name, folder):
    """The nearest folder above that has a module of the user's by this name."""
    while os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        if any(os.path.exists(os.path.join(folder, place)) for place in (name + ".py", os.path.join(name, "__init__.py"))):
            return folder
        if os.path.isdir(os.path.join(folder, name)) and any(
            file.endswith(".py") for file in os.listdir(os.path.join(folder, name))
        ):
            return folder
    return None
