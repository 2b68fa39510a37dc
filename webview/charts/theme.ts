import { overlayPalette } from './overlay-color.ts';

/** The editor's colours as a canvas needs them: resolved. Read again when the theme changes. */
export interface ChartTheme {
  palette: string[];
  text: string;
  muted: string;
  grid: string;
  background: string;
  cursor: string;
  /** Of marks where the run changed. */
  change: string;
  /** Of the steps of a finding. */
  severities: Record<'error' | 'warning' | 'information', string>;
  font: string;
  /** Thicker lines where contrast matters. */
  highContrast: boolean;
}

/**
 * Palette order is what `SeriesDefinition.color` points to. The high-contrast themes make some of these white or black like the text:
 * then the second or third is taken, on a dark or a light background.
 */
const PALETTE = [
  ['blue', '#59a4f9', '#0451a5'],
  ['green', '#89d185', '#2f6b2c'],
  ['orange', '#e09030', '#a85400'],
  ['purple', '#c28ae6', '#652d90'],
  ['red', '#f48771', '#b5200d'],
  ['yellow', '#e5d44b', '#7a6400'],
] as const;

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const color = (...names: string[]) =>
    names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '') ?? style.color;
  const text = color('--vscode-editor-foreground', '--vscode-foreground');
  const highContrast = document.body.classList.contains('vscode-high-contrast');
  const isLight = document.body.classList.contains('vscode-high-contrast-light');
  const onLight = isLight || document.body.classList.contains('vscode-light');
  const series = (name: string, forDark: string, forLight: string): string => {
    const own = opaque(color(`--vscode-charts-${name}`));
    return own === opaque(text) ? opaque(isLight ? forLight : forDark) : own;
  };
  return {
    palette: [
      ...PALETTE.map(([name, forDark, forLight]) => series(name, forDark, forLight)),
      color('--vscode-errorForeground', '--vscode-charts-red'),
      text,
      ...overlayPalette(onLight).map(opaque),
    ],
    text,
    muted: highContrast ? text : color('--vscode-descriptionForeground', '--vscode-foreground'),
    grid: translucent(text, highContrast ? 35 : 10),
    background: color('--vscode-editor-background'),
    cursor: color('--vscode-editorCursor-foreground', '--vscode-foreground'),
    change: color('--vscode-editorWarning-foreground', '--vscode-charts-yellow'),
    severities: {
      error: color('--vscode-editorError-foreground', '--vscode-charts-red'),
      warning: color('--vscode-editorWarning-foreground', '--vscode-charts-yellow'),
      information: color('--vscode-editorInfo-foreground', '--vscode-charts-blue'),
    },
    font: `11px ${style.getPropertyValue('--vscode-font-family') || 'sans-serif'}`,
    highContrast,
  };
}

/** A colour with less opacity, in a form that canvas and every SVG viewer understand. */
export const translucent = (color: string, percent: number): string =>
  `rgba(${channels(color).join(',')},${percent / 100})`;

/** Some themes' chart colours are half transparent, meant for other places: too faint for lines. */
const opaque = (color: string): string => `rgb(${channels(color).join(',')})`;

/** Red, green and blue of any CSS colour, as the browser itself reads it. */
function channels(color: string): number[] {
  pen ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}
let pen: CanvasRenderingContext2D | undefined;

/** VS Code swaps classes and variables on the document when the theme changes. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
}
