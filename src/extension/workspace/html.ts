import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/**
 * A page of ours: nothing but its one script and style sheet (`dist/<bundle>.js` and `.css`) may load, and no connection can be opened.
 */
export function pageHtml(
  webview: Webview,
  extensionUri: Uri,
  bundle: 'webview' | 'preview-view' | 'samples-view' | 'import-view',
  title: string,
): string {
  const nonce = randomBytes(16).toString('base64');
  const resource = (name: string) => webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist', name)).toString();
  // Inline styles and data: images are what uPlot and the export of pictures need.
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'unsafe-inline'`,
    `img-src data: blob:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${resource(`${bundle}.css`)}">
<title>${escapeHtml(title)}</title>
</head>
<body>
<script nonce="${nonce}" src="${resource(`${bundle}.js`)}"></script>
</body>
</html>`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
