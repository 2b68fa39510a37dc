/** The press of the pointer that is under way: a click is lost when what it began on moves away before it ends. */
let press: object | null = null;
const waiting = new Set<() => void>();

/** Calls this now, or, while the pointer is down, after the click. What waits already is not called twice. */
export function afterPress(change: () => void): void {
  if (press) waiting.add(change);
  else change();
}

function release(): void {
  const released = press;
  if (!released) return;
  // The click comes between here and there.
  setTimeout(() => {
    if (press !== released) return;
    press = null;
    const changes = [...waiting];
    waiting.clear();
    for (const change of changes) change();
  });
}

const begin = ({ button }: PointerEvent) => {
  if (button === 0) press = {};
};
addEventListener('pointerdown', begin, true);
addEventListener('pointerup', release, true);
addEventListener('pointercancel', release, true);
// It ended where nobody saw it: in another window, or outside of this one.
addEventListener('blur', release);
addEventListener('pointermove', ({ buttons }) => buttons === 0 && release(), true);
