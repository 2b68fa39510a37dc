// Answers files NAME.call.json in the workspace with NAME.answer.json: what `vscode.lm` says to another extension. NAME.cancel.json cancels the call.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { CancellationTokenSource, lm, workspace } = require('vscode');

/** By the name of their call. VS Code may tell of a file twice. */
const sources = new Map();

exports.activate = ({ subscriptions }) => {
  const [calls, cancellations] = ['call', 'cancel'].map((kind) =>
    workspace.createFileSystemWatcher(`**/*.${kind}.json`),
  );
  subscriptions.push(
    calls,
    cancellations,
    calls.onDidCreate(async ({ fsPath }) => {
      const name = fsPath.replace(/\.call\.json$/, '');
      if (sources.has(name)) return;
      sources.set(name, new CancellationTokenSource());
      const answer = await answerTo(JSON.parse(readFileSync(fsPath, 'utf8')), sources.get(name).token);
      writeFileSync(`${name}.answer.part`, JSON.stringify(answer));
      renameSync(`${name}.answer.part`, `${name}.answer.json`);
    }),
    cancellations.onDidCreate(({ fsPath }) => sources.get(fsPath.replace(/\.cancel\.json$/, '')).cancel()),
  );
  writeFileSync(`${workspace.workspaceFolders[0].uri.fsPath}/assistant.ready`, '');
};

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
