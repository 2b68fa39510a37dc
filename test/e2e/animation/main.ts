/**
 * `npm run animation`: films the README's animation in the real VS Code: type a reward, its numbers change, start a training, the curve
 * rises, read completions, try the checkpoint.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '../helpers/chromium.ts';
import { CodeServer } from '../helpers/code-server.ts';
import { Editor } from '../helpers/editor.ts';
import { installPackage } from '../helpers/package.ts';
import { Server } from '../helpers/server.ts';
import { install } from '../install.ts';
import { Recorder } from './recorder.ts';
import { play, prepare } from './script.ts';

const FILE = join(import.meta.dirname, '../../../media/screenshots/grpo-lab.webp');
const WIDTH = 1200;

await install();
// Only now is it there.
const { encode } = await import('./encode.ts');
const folder = mkdtempSync(join(tmpdir(), 'grpo-animation-'));
const host = await CodeServer.start({ extensions: installPackage(folder) });
// Nothing that pops up over what is typed.
const server = new Server(host, {
  'editor.quickSuggestions': false,
  'editor.suggestOnTriggerCharacters': false,
  'editor.parameterHints.enabled': false,
  'editor.autoClosingBrackets': 'never',
  'editor.minimap.enabled': false,
});
let editor: Editor | undefined;
try {
  prepare(server.workspace);
  editor = await Editor.open(server.url, await launchChromium(), { width: 1360, height: 850 });
  const recorder = await play(editor, server, (page) => Recorder.start(page, 400));
  const frames = await recorder.stop();
  const film = await encode(frames, WIDTH);
  writeFileSync(FILE, film);
  const seconds = frames.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  console.log(`${FILE}: ${seconds.toFixed(0)} s, ${(film.length / 1e6).toFixed(1)} MB`);
} finally {
  await editor?.close();
  await server.leave();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}
