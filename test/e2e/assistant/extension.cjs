// Answers files NAME.call.json in the workspace with NAME.answer.json: what `vscode.lm` says to another extension. NAME.cancel.json cancels the call.
const { existsSync, readFileSync, renameSync, watch, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { CancellationTokenSource, lm, workspace } = require('vscode');

/** By the name of their call, which the system may tell of twice. */
const sources = new Map();

exports.activate = ({ subscriptions }) => {
  const folder = workspace.workspaceFolders[0].uri.fsPath;
  // VS Code's own watcher would begin later, after the first call.
  const watcher = watch(folder, (_, file) => {
    const [, name, kind] = /^(.*)\.(call|cancel)\.json$/.exec(file ?? '') ?? [];
    if (kind === 'cancel') sources.get(name)?.cancel();
    else if (kind === 'call' && !sources.has(name) && existsSync(join(folder, file)))
      void answer(join(folder, name), name);
  });
  subscriptions.push({ dispose: () => watcher.close() });
  writeFileSync(join(folder, 'assistant.ready'), '');
};

async function answer(path, name) {
  sources.set(name, new CancellationTokenSource());
  const said = await answerTo(JSON.parse(readFileSync(`${path}.call.json`, 'utf8')), sources.get(name).token);
  writeFileSync(`${path}.answer.part`, JSON.stringify(said));
  renameSync(`${path}.answer.part`, `${path}.answer.json`);
}

async function answerTo({ name, input }, token) {
  if (name === undefined)
    return lm.tools.map(({ name, description, inputSchema, tags }) => ({ name, description, inputSchema, tags }));
  try {
    const { content } = await lm.invokeTool(name, { input, toolInvocationToken: undefined }, token);
    return { text: content.map(({ value }) => value).join('\n') };
  } catch (error) {
    return { error: error.message };
  }
}
