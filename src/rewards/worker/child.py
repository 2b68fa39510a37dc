"""How a Python reward file is found as a module: in the worker, and in the processes that it starts with multiprocessing.

By spawn and by forkserver those run this very file as their main module. It needs nothing but the standard library, and gets
it first of all: the user's folders, which are on the path here already, may have modules of the same names.
"""

import os
import sys

USERS_PATH = sys.path[:]
if __name__ == "__mp_main__":
    sys.path[:] = [place for place in sys.path if place.startswith(os.path.dirname(os.__file__))]

import base64
import importlib.machinery
import importlib.util
import json
import zlib

sys.path[:] = USERS_PATH

VARIABLE = "GRPO_REWARD_MODULE"
# Longer ones make some systems refuse to start any program.
LONGEST_VARIABLE = 30000


class RewardLoader(importlib.machinery.SourceFileLoader):
    """Loads a file of the user's from the text that the host sent, whatever is on disk meanwhile."""

    def __init__(self, name, path, source):
        super().__init__(name, path)
        self.source = source

    def get_data(self, path):
        return self.source.encode("utf-8", "surrogatepass") if path == self.path else super().get_data(path)

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec", dont_inherit=True)


class RewardFinder:
    """Finds the reward file by the name that it has as a module, and the user's other modules where they are on disk."""

    name = file = source = None
    # Of those modules, the texts to load instead, by file.
    texts = {}

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return self.find_kept(name, path, target)
        if self.source is None:
            return importlib.util.spec_from_file_location(name, self.file)
        loader = RewardLoader(name, self.file, self.source)
        return importlib.util.spec_from_file_location(name, self.file, loader=loader)

    def find_kept(self, name, path, target):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if self.texts else None
        if spec is None or spec.origin not in self.texts:
            return None
        spec.loader = RewardLoader(name, spec.origin, self.texts[spec.origin])
        return spec

    def set(self, name, file, source, texts={}):
        self.name, self.file, self.source, self.texts = name, file, source, texts
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)


finder = RewardFinder()


def tell_children():
    """Has processes that are started from now on find the same module. A server of forks knows the text before: it is stopped."""
    forkserver = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    if hasattr(forkserver, "_stop"):
        forkserver._stop()
    packed = base64.b64encode(zlib.compress(finder.source.encode("utf-8", "surrogatepass"))).decode()
    source = packed if len(packed) < LONGEST_VARIABLE else None
    os.environ[VARIABLE] = json.dumps([finder.name, finder.file, source])
    sys.modules["__main__"].__file__ = os.path.abspath(__file__)


def hear_parent():
    name, file, source = json.loads(os.environ[VARIABLE])
    finder.set(name, file, source and zlib.decompress(base64.b64decode(source)).decode("utf-8", "surrogatepass"))


if __name__ == "__mp_main__":
    hear_parent()
