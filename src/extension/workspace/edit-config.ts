import { Range, type TextDocument, WorkspaceEdit } from 'vscode';
import type { ConfigEdit } from '../../protocol/remedy.ts';
import { withField } from './with-field.ts';

/** The edit of a run config that a remedy means. */
export function editOf(config: TextDocument, { path, value }: ConfigEdit): WorkspaceEdit {
  const text = config.getText();
  const whole = new Range(config.positionAt(0), config.positionAt(text.length));
  const edit = new WorkspaceEdit();
  edit.replace(config.uri, whole, withField(text, path, value ?? undefined));
  return edit;
}
