// Imported before anything else. Where the system's locale is POSIX, Chromium says its language is "en-US@posix", which is no
// language tag: uPlot, which formats numbers in the browser's language, would throw while it loads.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}

export {};
