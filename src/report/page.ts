import { type Html, html } from './html.ts';

/** A whole page: one file without scripts that asks for nothing else. `style`: the page's own CSS; `writtenFrom`: what it was made of. */
export function pageOf(
  { title, style, version, writtenFrom }: { title: string; style: Html; version: string; writtenFrom: string },
  body: Html | Html[],
): Html {
  // Its policy forbids everything but its own style: what a completion says can do nothing.
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<footer>Written by GRPO Lab ${version} from ${writtenFrom}</footer>
</body>
</html>
`;
}
