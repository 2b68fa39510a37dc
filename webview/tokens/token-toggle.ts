import { el } from '../dom.ts';

/** A button that shows a completion token by token in the place of its text, and the text again. */
export function tokenToggle(text: HTMLElement, load: () => Promise<HTMLElement>): HTMLElement {
  let shown: HTMLElement | undefined;
  const button = el('button', { class: 'flat', 'aria-pressed': 'false', onclick: () => void toggle() }, 'Tokens');
  const toggle = async () => {
    const back = shown;
    shown = back ? undefined : el('div', {}, 'Reading tokens…');
    button.setAttribute('aria-pressed', String(shown !== undefined));
    (back ?? text).replaceWith(shown ?? text);
    if (!shown) return;
    const loading = shown;
    const view = await load().catch((error: Error) => el('p', { class: 'failure' }, error.message));
    // It may have been closed in the meantime.
    if (shown !== loading) return;
    loading.replaceWith(view);
    shown = view;
  };
  return button;
}
