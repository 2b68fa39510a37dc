// What an editor is to know of `grpo/rewards`: the library's declarations and documentation, as one ambient module for a workspace's
// tsconfig.json (dist/grpo-rewards.d.ts), and as a module file for the plugin that VS Code loads (src/typescript-plugin).
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PLUGIN_FOLDER } from './typescript-plugin.mjs';

const LIBRARY = 'src/rewards/library.ts';
const HEAD = '// Made by GRPO Lab, which brings the code: types and documentation for the editor.\n';

/** Writes the declarations after each build; the files that they are made of are those of the bundle. */
export const rewardDeclarations = {
  name: 'reward-declarations',
  setup(build) {
    build.onEnd(async ({ errors }) => {
      if (errors.length === 0) await writeDeclarations(join(build.initialOptions.outdir, 'grpo-rewards.d.ts'));
    });
  },
};

async function writeDeclarations(file) {
  const folder = await mkdtemp(join(tmpdir(), 'grpo-declarations-'));
  try {
    const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--outDir', folder];
    // Only this file and what it imports, with the project's own options.
    const project = join(folder, 'tsconfig.json');
    const include = { extends: join(process.cwd(), 'tsconfig.json'), include: [join(process.cwd(), LIBRARY)] };
    const compilerOptions = {
      rootDir: join(process.cwd(), 'src'),
      typeRoots: [join(process.cwd(), 'node_modules/@types')],
    };
    await writeFile(project, JSON.stringify({ ...include, compilerOptions }));
    await promisify(execFile)(process.execPath, [compiler, '-p', project, ...options]);
    const index = await readFile(join(folder, 'rewards', 'library.d.ts'), 'utf8');
    const exported = new Set();
    const parts = [];
    for (const [, names, from] of index.matchAll(/^export (?:type )?\{([^}]*)\} from '(.+)\.ts';$/gm)) {
      for (const name of names.split(',')) exported.add(name.replace('type', '').trim());
      parts.push(await readFile(join(folder, 'rewards', `${from}.d.ts`), 'utf8'));
    }
    const text = parts
      .join('')
      .replace(/^(?:import .*|export \{\};)\n/gm, '')
      // What is not offered is not exported; `declare` is said once, by the module, or by each.
      .replace(/^(export )?(?:declare )?(function|const|interface|type) (\w+)/gm, (_, _export, kind, name) =>
        exported.has(name) ? `export ${kind} ${name}` : `declare ${kind} ${name}`,
      );
    const ambient = text.replace(/^declare /gm, '').replace(/^(?=.)/gm, '  ');
    await writeFile(file, `${HEAD}declare module 'grpo/rewards' {\n${ambient}  export {};\n}\n`);
    await mkdir(PLUGIN_FOLDER, { recursive: true });
    await writeFile(join(PLUGIN_FOLDER, 'grpo-rewards.d.ts'), `${HEAD}${text}export {};\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
