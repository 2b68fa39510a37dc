/** TRL in the editor: set it up, see it among the devices, train with it, export for it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { until } from './helpers/processes.ts';
import { readRunInfo, runFolders } from './helpers/runs.ts';
import { Session } from './helpers/session.ts';

const folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-trl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VERSIONS = { torch: '2.15.0', transformers: '5.23.0', trl: '1.16.0', accelerate: '1.15.0', datasets: '5.2.0' };
const downloaded = join(folder, 'downloaded');

/** The interpreter that the editor knows. What it installs is itself: no test downloads PyTorch. */
const python = join(folder, 'python');
function interpreter(version: string): void {
  const asked = { python: '$0', version, managed: false, versions: { ...VERSIONS, peft: '0.21.2' } };
  writeFileSync(
    python,
    `#!/bin/sh
case "$*" in
  *ensurepip*) printf '%s\\n' "$0" ${version} True ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip --version") echo "pip 26.3 from nowhere" ;;
  *requirements.txt)
    echo "  Downloading torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl (888.0 MB)"
    echo "Progress 399600000 of 888000000"
    until [ -e "${downloaded}" ]; do sleep 0.1; done ;;
  *is_available*) echo '{"kind": "cuda", "gpus": [{"name": "NVIDIA H100 80GB HBM3", "bytes": 85e9}], "builtFor": "CUDA 13.2"}' ;;
  *importlib.metadata*) echo "${JSON.stringify(asked).replaceAll('"', '\\"')}" ;;
esac
`,
  );
  chmodSync(python, 0o755);
}
interpreter('3.9.2');

const session = new Session({}, (workspace) => {
  // The workspace's settings: those of a machine are not always read from the user's by an editor in a browser.
  writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify({ 'grpo.pythonPath': python }));
});

async function setUp(): Promise<void> {
  await session.editor.command('GRPO: Set Up TRL');
  await session.editor.quickRow(python).waitFor();
  await session.editor.screenshot('trl-set-up-choice');
  await session.editor.choose(python);
}

session.test('Set Up TRL says what is wrong with a Python', async ({ editor, server }) => {
  await setUp();
  const sentence = /TRL was not set up: TRL needs Python 3\.11 or newer, but .* is 3\.9\.2; install a newer one/;
  await editor.notification(sentence).waitFor();
  await editor.screenshot('trl-set-up-failed');
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
  await editor.clearNotifications();
  interpreter('3.12.1');
});

session.test('it is canceled with all that it has installed', async ({ editor, server }) => {
  await setUp();
  await editor.notification(/Downloading torch, 45 % of 888\.0 MB/).waitFor();
  await editor.screenshot('trl-set-up');
  const [command] = server.processes('setup-trl');
  expect(command).toBeDefined();
  await editor.answer('Setting up TRL', 'Cancel');
  await until(
    'its processes to be gone',
    () => server.processes('grpo.js').length + server.processes(folder).length === 0,
  );
  await editor.notification('Setting up TRL').waitFor({ state: 'hidden' });
  expect(await editor.page.locator('.notification-list-item').count()).toBe(0);
});

session.test('it leaves an environment that Show Devices finds', async ({ editor }) => {
  await setUp();
  await editor.notification(/Downloading torch, 45 %/).waitFor();
  writeFileSync(downloaded, '');
  await editor.notification(/TRL 1\.16\.0 with PyTorch 2\.15\.0 is set up/).waitFor();
  await editor.screenshot('trl-set-up-done');
  await editor.clearNotifications();
  await editor.command('GRPO: Show Devices');
  await editor.quickRow(/cuda.*works, with TRL 1\.16\.0: NVIDIA H100 80GB HBM3, 85\.0 GB/).waitFor({ timeout: 60_000 });
  await editor.quickRow(/TRL.*trl 1\.16\.0, torch 2\.15\.0.*that use vllm, deepspeed, bitsandbytes/).waitFor();
  await editor.screenshot('trl-devices');
  await editor.page.keyboard.press('Escape');
});

/** Starts an export, and answers the dialog that asks where to. */
async function exportTo(name: string, target: string): Promise<void> {
  const { editor } = session;
  await editor.command('GRPO: Export to TRL');
  await editor.choose(name);
  // The dialog puts its suggestion in when it has read the folder, over whatever was typed by then.
  await until('a name to be suggested', async () => (await editor.quickInput.inputValue()).endsWith(`${name}-trl`));
  await editor.screenshot('trl-export-place');
  await editor.quickInput.fill(target);
  // While it reads the folder of what was typed, it does not hear this.
  await until('the dialog to close', async () => {
    await editor.page.keyboard.press('Enter');
    return editor.quickInput.waitFor({ state: 'hidden', timeout: 3000 }).then(
      () => true,
      () => false,
    );
  });
}

/** Gives the sort sample an interpreter of its own. */
function setPython(path: string): void {
  const config = join(session.server.workspace, 'sort.grpo.json');
  const text = readFileSync(config, 'utf8').replace(/\{ "python": "[^"]*",/, '{');
  writeFileSync(config, text.replace('{', `{ "python": ${JSON.stringify(path)},`));
}

async function trainWithTrl(): Promise<void> {
  await session.editor.openFile('sort.grpo.json');
  await session.editor.page.locator('.codelens-decoration').getByText('Train with TRL').click();
}

session.test('where TRL is missing, the notification leads to Set Up TRL', async ({ editor }) => {
  // An interpreter of these tests that answers every question, but has no package.
  const bare = join(folder, 'bare-python');
  writeFileSync(
    bare,
    `#!/bin/sh\necho '{"python": "${bare}", "version": "3.12.1", "managed": false, "versions": {}}'\n`,
  );
  chmodSync(bare, 0o755);
  setPython(bare);
  await trainWithTrl();
  const lacking = /sort could not start: .* lacks torch, transformers, trl, accelerate and datasets\./;
  await editor.notification(lacking).waitFor({ timeout: 60_000 });
  await editor.screenshot('trl-missing');
  await editor.answer(lacking, 'Set Up TRL');
  await editor.quickRow('Use the Python on the PATH').waitFor();
  await editor.page.keyboard.press('Escape');
  await editor.clearNotifications();
});

const trlPython = process.env.GRPO_TEST_PYTHON ?? 'python3';
// Looked for, not loaded: that takes as long as a test.
const lacks = "import importlib.util as u; exit(not all(map(u.find_spec, ('trl', 'torch', 'datasets'))))";
if (spawnSync(trlPython, ['-c', lacks]).status === 0)
  session.test('Train with TRL: the dashboard, Pause, Resume, Stop, and on from the checkpoint', async (all) => {
    const { editor, dashboard, server } = all;
    setPython(trlPython);
    await trainWithTrl();
    await dashboard.state.filter({ hasText: 'running' }).waitFor({ timeout: 120_000 });
    await until('a few steps', async () => (await dashboard.step()) >= 3, 120_000);
    await editor.screenshot('trl-training');
    const [run] = runFolders(server.workspace);
    expect(readRunInfo(run!).config.backend).toBe('trl');

    await dashboard.button('Pause').click();
    await dashboard.button('Resume').waitFor();
    await dashboard.state.filter({ hasText: 'paused' }).waitFor();
    const paused = await dashboard.step();
    await editor.screenshot('trl-paused');
    await dashboard.button('Resume').click();
    await until('steps after the pause', async () => (await dashboard.step()) >= paused + 2);

    await dashboard.button('Stop').click();
    const stopped = /sort.* stopped after step \d+, with a checkpoint/;
    await editor.notification(stopped).waitFor({ timeout: 60_000 });
    await editor.screenshot('trl-stopped');
    const gone = () => ['trainer.js', 'train.py', 'reward-'].every((name) => server.processes(name).length === 0);
    await until('its processes to be gone', gone);
    const { state, step } = readRunInfo(run!);
    expect(state).toBe('stopped');

    await editor.answer(stopped, 'Resume');
    await until('steps after the checkpoint', async () => (await dashboard.step()) >= step + 2, 120_000);
    expect(runFolders(server.workspace)).toEqual([run]);
    await dashboard.button('Stop').click();
    await until(
      'it to stop again',
      () => readRunInfo(run!).step > step && readRunInfo(run!).state === 'stopped',
      60_000,
    );
    await until('its processes to be gone', gone);
    await editor.screenshot('trl-resumed');
  });
else
  console.log(`Skipped: ${trlPython} has no TRL, so nothing is trained with it in the editor (set GRPO_TEST_PYTHON).`);

session.test('Export to TRL writes a folder, and says what is not the same', async ({ editor, server }) => {
  const target = join(folder, 'sort-trl');
  await exportTo('sort', target);
  const done = /sort can be trained with TRL: sort-trl\. "seed": TRL draws other random numbers/;
  await editor.notification(done).waitFor({ timeout: 60_000 });
  await editor.screenshot('trl-export');
  expect(readdirSync(target)).toEqual(expect.arrayContaining(['train.py', 'requirements.txt', 'README.md', 'model']));
  await editor.answer(done, 'Open README');
  await editor.page.getByRole('tab', { name: 'README.md' }).waitFor();
  await editor.screenshot('trl-export-readme');
  await editor.clearNotifications();
  await until('its process to be gone', () => server.processes('grpo.js').length === 0);
});

session.test('Export to TRL refuses what TRL cannot do, and writes nothing', async ({ editor, server }) => {
  const config = join(server.workspace, 'history.grpo.json');
  const sort = readFileSync(join(server.workspace, 'sort.grpo.json'), 'utf8');
  writeFileSync(config, sort.replace('{', '{ "baseline": "history",'));
  const target = join(folder, 'history-trl');
  await exportTo('history', target);
  const refused = /history could not be exported to TRL: .*"baseline": TRL's GRPOTrainer subtracts the mean/;
  await editor.notification(refused).waitFor({ timeout: 60_000 });
  await editor.screenshot('trl-export-refused');
  expect(existsSync(target)).toBe(false);
  await editor.answer(refused, 'Open');
  await editor.page.getByRole('tab', { name: 'history.grpo.json' }).waitFor();
});
