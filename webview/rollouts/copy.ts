import { el, setText } from '../dom.ts';

/** How long it says that it copied, in milliseconds. */
const SAID_MS = 1500;

/** A button that copies a text, and says so in its own words. */
export function copyButton(label: string, text: () => string, kind: 'flat' | 'toggle' = 'flat'): HTMLElement {
  const button = el('button', {
    class: kind,
    onclick: async () => {
      const said = await navigator.clipboard.writeText(text()).then(
        () => 'Copied',
        () => 'Could not copy',
      );
      setText(button, said);
      setTimeout(() => setText(button, label), SAID_MS);
    },
  });
  setText(button, label);
  return button;
}
