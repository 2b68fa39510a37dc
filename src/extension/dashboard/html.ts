import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/** The dashboard's page: nothing but our one script and style sheet may load, and no connection can be opened. */
export function dashboardHtml(webview: Webview, extensionUri: Uri, title: string): string {
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
<link rel="stylesheet" href="${resource('webview.css')}">
<title>${escapeHtml(title)}</title>
</head>
<body>
<script nonce="${nonce}" src="${resource('webview.js')}"></script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
