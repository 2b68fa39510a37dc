// `node scripts/run.mjs FILE.ts [ARG ...]`: bundles a script and runs it. Node itself could strip the types, but would load
// tfjs-core as CommonJS, which has no gradients.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { nodeBundle } from '../esbuild.mjs';

const [script, ...args] = process.argv.slice(2);
const outfile = join('dist', 'scripts', basename(script).replace(/\.ts$/, '.js'));
mkdirSync('dist/scripts', { recursive: true });
await build({ ...nodeBundle, outdir: undefined, outfile, entryPoints: [script] });
process.exit(spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], { stdio: 'inherit' }).status ?? 1);
