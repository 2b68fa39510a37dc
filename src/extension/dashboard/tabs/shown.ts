import { window } from 'vscode';

/** What cannot be done is said in the window: a webview has no place for it. */
export async function shown(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    void window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}
