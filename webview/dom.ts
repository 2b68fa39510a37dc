export type Child = Node | string | null | undefined | false;
interface Attributes {
  [name: string]: string | number | boolean | null | undefined | ((event: never) => void);
}

/** An element with attributes (`onclick` and the like as functions) and children; false, null and undefined are skipped. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Attributes,
  ...children: Child[]
): HTMLElementTagNameMap[K];
export function el(tag: string, attributes?: Attributes, ...children: Child[]): HTMLElement;
export function el(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== false && child !== null && child !== undefined));
  return element;
}

/** Sets the text only when it differs, so that nothing is laid out or announced again for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap<Element, string>();

/** Makes an element's children again only when `key`, which says what they show, differs: for what nobody clicks on or reads for long. */
export function setChildren(element: Element, key: string, make: () => Child[]): void {
  if (shown.get(element) === key) return;
  shown.set(element, key);
  element.replaceChildren(...make().filter((child) => child !== false && child !== null && child !== undefined));
}
