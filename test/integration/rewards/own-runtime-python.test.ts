/** A Python reward file runs as `python file.py` would run it, but as a module: functions and classes are found by its name. */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batchOf, folderWith, open, outcomesOf, pythonMissing } from './workspace.ts';

const scoresOf = async (folder: string, file: string) => {
  const { columns } = await (await open([{ file: join(folder, file) }], { timeoutSeconds: 20 })).score(
    batchOf(['abc']),
  );
  return Object.fromEntries(
    columns.map(({ name, outcomes: [outcome] }) => [name, outcome?.kind === 'score' ? outcome.score : outcome]),
  );
};

const refusalOf = (folder: string, file: string): Promise<string> =>
  open([{ file: join(folder, file) }]).then(
    () => 'loaded',
    (error: Error) => error.message.replaceAll(folder, '.'),
  );

const POOL = `
import inspect, multiprocessing, os, pickle, sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

@dataclass
class Row:
    text: str

def work(text):
    return len(text) + 0.5

def pool(kind, completions):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(kind)) as workers:
        return list(workers.map(work, completions))

def spawned(completions, **kwargs): return pool("spawn", completions)
def forkserved(completions, **kwargs): return pool("forkserver", completions)

def pickled(completions, **kwargs):
    assert pickle.loads(pickle.dumps(Row("a"))) == Row("a")
    assert inspect.getsource(work) == "def work(text):\\n    return len(text) + 0.5\\n"
    assert __name__ != "__main__" and sys.argv == [__file__]
    assert sys.path[0] == os.path.dirname(os.path.realpath(__file__))
    return [1.0] * len(completions)

if __name__ == "__main__":
    raise SystemExit("not the main module")
`;

describe.skipIf(pythonMissing)('Python (needs python3 on the PATH)', () => {
  test.each(['pool.py', 'pool.reward.py', 'my-pool.py', 'json.py'])(
    'process pools, pickle and inspect find what %s declares',
    async (name) => {
      const folder = folderWith({ [name]: POOL });
      expect(await scoresOf(folder, name)).toEqual({ spawned: 3.5, forkserved: 3.5, pickled: 1 });
    },
  );

  test('a file that is too long for an environment variable is read from the disk by the processes that it starts', async () => {
    const noise = Array.from({ length: 4000 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join('');
    const folder = folderWith({ 'pool.py': `${POOL}\nNOISE = "${noise}"\n` });
    expect(await scoresOf(folder, 'pool.py')).toEqual({ spawned: 3.5, forkserved: 3.5, pickled: 1 });
  });

  test('relative imports in a package, and what lies in the folder that the package is in', async () => {
    const folder = folderWith({
      'rewards/__init__.py': 'LOADED = []\n',
      'rewards/helpers.py': 'from . import LOADED\nfrom .deep.one import one\ndef clean(text): return text.strip()\n',
      'rewards/deep/__init__.py': '',
      'rewards/deep/one.py': 'from ..helpers_too import two\none = two - 1\n',
      'rewards/helpers_too.py': 'two = 2\n',
      'rewards/relative.py':
        'from .helpers import clean, one\nfrom shared.text import three\ndef r(completions, **kwargs): return [one + three] * len(completions)\n',
      'rewards/by_name.py':
        'from helpers_too import two\nfrom shared.text import three\nfrom rewards.deep.one import one\ndef r(completions, **kwargs): return [two * three * one] * len(completions)\n',
      'shared/text.py': 'three = 3\n',
    });
    expect(await scoresOf(folder, 'rewards/relative.py')).toEqual({ r: 4 });
    expect(await scoresOf(folder, 'rewards/by_name.py')).toEqual({ r: 6 });
  });

  test('a module that is not found: only what is not the users own is for pip', async () => {
    const folder = realpathSync(
      folderWith({
        'rewards/relative.py': 'from .helpers import clean\n',
        'rewards/above.py': 'from shared.text import clean\n',
        'rewards/part.py': 'import tools.missing\n',
        'rewards/name.py': 'from tools import missing\n',
        'rewards/package.py': 'import no_such_package\n',
        'rewards/broken.py': 'import tools.broken\n',
        'rewards/helpers.py': 'def clean(text): return text\n',
        'rewards/tools/__init__.py': '',
        'rewards/tools/broken.py': 'x = 1\ny = (\n',
        'shared/text.py': 'def clean(text): return text\n',
      }),
    );
    expect(await refusalOf(folder, 'rewards/relative.py')).toMatch(
      /relative\.py:1(:1)?: The reward file does not load: ImportError: attempted relative import with no known parent package \(a relative import needs a package: put an __init__\.py into \.\/rewards, or import by name\)$/,
    );
    const above = await refusalOf(folder, 'rewards/above.py');
    expect(above).toContain(
      "No module named 'shared' (shared lies in ., where Python does not look; it looks in ./rewards.",
    );
    const part = await refusalOf(folder, 'rewards/part.py');
    expect(part).toContain("No module named 'tools.missing' (Python looked in ./rewards/tools)");
    const name = await refusalOf(folder, 'rewards/name.py');
    expect(name).toContain("cannot import name 'missing' from 'tools' (./rewards/tools/__init__.py)");
    for (const own of [above, part, name]) expect(own).not.toContain('pip');
    expect(await refusalOf(folder, 'rewards/package.py')).toMatch(
      /package\.py:1(:1)?: .*No module named 'no_such_package' \(install it with \S+ -m pip install; Python also looked in \.\/rewards\)$/,
    );
    expect(await refusalOf(folder, 'rewards/broken.py')).toMatch(
      /^\.\/rewards\/tools\/broken\.py:2:\d+: The reward file does not load: SyntaxError: /,
    );
  });

  test('a symbolic link: what lies beside the file that is meant, places as the file was named', async () => {
    const folder = realpathSync(
      folderWith({
        'real/a.py': 'from helper import fail\ndef a(completions, **kwargs): return fail()\n',
        'real/helper.py': '\ndef fail():\n    raise ValueError("no")\n',
      }),
    );
    symlinkSync(join(folder, 'real'), join(folder, 'linked'));
    mkdirSync(join(folder, 'workspace'));
    symlinkSync(join(folder, 'real/a.py'), join(folder, 'workspace/a.py'));
    const place = async (file: string) =>
      (await outcomesOf(await open([{ file: join(folder, file) }]), batchOf(['x'])))[0];
    expect(await place('linked/a.py')).toMatchObject({ file: join(folder, 'linked/helper.py'), line: 3 });
    expect(await place('workspace/a.py')).toMatchObject({ file: join(folder, 'real/helper.py'), line: 3 });
  });

  test('a folder may have any name', async () => {
    const root = realpathSync(folderWith({}));
    for (const name of ['C#', 'my (own) rewards', '100%', 'why?', 'größe 大', "it's"]) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'a.py'), 'from b import two\ndef a(completions, **kwargs): return [two, 1 / 0]\n');
      writeFileSync(join(root, name, 'b.py'), 'two = 2\n');
      const [outcome] = await outcomesOf(await open([{ file: join(root, name, 'a.py') }]), batchOf(['x']));
      expect(outcome, name).toMatchObject({ failure: 'throw', file: join(root, name, 'a.py'), line: 2 });
    }
  });

  test('a package that imports the reward file itself gets the same module', async () => {
    const folder = folderWith({
      'rewards/__init__.py': 'from .a import a, STATE\nSTATE.append(1)\n',
      'rewards/a.py':
        'from . import other\nSTATE = []\ndef a(completions, **kwargs): return [float(len(STATE))] * len(completions)\n',
      'rewards/other.py': '',
    });
    expect(await scoresOf(folder, 'rewards/a.py')).toEqual({ a: 1 });
  });
});
