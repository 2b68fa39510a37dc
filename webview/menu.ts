import { el } from './dom.ts';

let menus = 0;

/** Lets a button open a menu of choices next to it; gives the menu, which goes into the page beside the button. */
export function menuOf(button: HTMLElement, choices: readonly { label: string; choose: () => void }[]): HTMLElement {
  const id = `menu-${menus++}`;
  const menu = el('div', { id, class: 'menu', popover: 'auto' });
  button.setAttribute('popovertarget', id);
  for (const { label, choose } of choices) {
    const onclick = () => {
      menu.hidePopover();
      choose();
    };
    menu.append(el('button', { onclick }, label));
  }
  // Anchor positioning in CSS would need a newer browser.
  menu.addEventListener('toggle', () => {
    const { right, bottom } = button.getBoundingClientRect();
    menu.style.left = `${Math.max(0, right - menu.offsetWidth)}px`;
    menu.style.top = `${Math.min(bottom + 2, innerHeight - menu.offsetHeight)}px`;
  });
  return menu;
}
