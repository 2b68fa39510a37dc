import { Range, type TextDocument, WorkspaceEdit } from 'vscode';
import type { Remedy } from '../../protocol/remedy.ts';
import { withField } from './with-field.ts';

/** The edit of a run config that a remedy means. */
export function setField(config: TextDocument, { path, value }: Extract<Remedy, { action: 'set' }>): WorkspaceEdit {
  const text = config.getText();
  const whole = new Range(config.positionAt(0), config.positionAt(text.length));
  const edit = new WorkspaceEdit();
  edit.replace(config.uri, whole, withField(text, path, value ?? undefined));
  return edit;
}
