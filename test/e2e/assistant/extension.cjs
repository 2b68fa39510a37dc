// Answers files NAME.call.json in the workspace with NAME.answer.json: what `vscode.lm` says to another extension.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { CancellationTokenSource, lm, workspace } = require('vscode');

exports.activate = ({ subscriptions }) => {
  const calls = workspace.createFileSystemWatcher('**/*.call.json');
  // VS Code may tell of a file twice.
  const seen = new Set();
  subscriptions.push(
    calls,
    calls.onDidCreate(async ({ fsPath }) => {
      if (seen.has(fsPath)) return;
      seen.add(fsPath);
      const answer = await answerTo(JSON.parse(readFileSync(fsPath, 'utf8')));
      const file = fsPath.replace(/\.call\.json$/, '.answer.json');
      writeFileSync(`${file}.part`, JSON.stringify(answer));
      renameSync(`${file}.part`, file);
    }),
  );
  writeFileSync(`${workspace.workspaceFolders[0].uri.fsPath}/assistant.ready`, '');
};

async function answerTo({ name, input, cancelAfter }) {
  if (name === undefined)
    return lm.tools.map(({ name, description, inputSchema, tags }) => ({ name, description, inputSchema, tags }));
  const source = new CancellationTokenSource();
  if (cancelAfter !== undefined) setTimeout(() => source.cancel(), cancelAfter);
  try {
    const { content } = await lm.invokeTool(name, { input, toolInvocationToken: undefined }, source.token);
    return { text: content.map(({ value }) => value).join('\n') };
  } catch (error) {
    return { error: error.message };
  }
}
