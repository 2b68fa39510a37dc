/** An environment in which our own executable is Node: inside VS Code it is Electron. */
export const asNode = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...env,
  ELECTRON_RUN_AS_NODE: '1',
});
