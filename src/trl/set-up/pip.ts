import { outputOf } from '../../processes/output-of.ts';
import { runTool } from '../../processes/run-tool.ts';
import { RunFailure } from '../../protocol/errors.ts';
import { formatBytes } from '../../text/bytes.ts';
import { compareVersions } from '../packages.ts';

interface PipOptions {
  cwd: string;
  signal: AbortSignal;
  /** Called with what it does right now: "Downloading torch, 45 % of 890 MB". */
  onStatus: (text: string) => void;
}

/**
 * `pip install` in the environment of `python`. Downloads are unpacked in `cwd`, which goes away with it, rather than in a temporary folder that may
 * be small. Throws RunFailure with a sentence for no network, a full disk, and packages that there are not.
 */
export async function pipInstall(python: string, args: string[], { cwd, signal, onStatus }: PipOptions): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--retries', '2'];
  const bar = ['--progress-bar', (await tellsProgress(python)) ? 'raw' : 'off'];
  const told = statusOf(onStatus);
  const env = { ...process.env, PYTHONUNBUFFERED: '1', TMPDIR: cwd, TEMP: cwd, TMP: cwd };
  await explained(runTool(python, [...pip, ...bar, ...args], { cwd, signal, env, onLine: told }));
}

/** Pip does so from version 24.1 on. */
async function tellsProgress(python: string): Promise<boolean> {
  const { stdout } = await outputOf(python, ['-m', 'pip', '--version']);
  return compareVersions(/^pip (\S+)/.exec(stdout)?.[1] ?? '0', '24.1') >= 0;
}

/** Makes few words of the lines that pip prints with `--progress-bar raw`. */
export function statusOf(onStatus: (text: string) => void): (line: string) => void {
  let file = '';
  let percent = -1;
  return (line) => {
    const [, action, name] = /^\s*(Downloading|Collecting|Installing) (\S+)/.exec(line) ?? [];
    if (action === 'Downloading') {
      file = packageOf(name!);
      percent = -1;
    } else if (action !== undefined) onStatus(action === 'Installing' ? 'Unpacking' : `Looking for ${name}`);
    const [, done, size] = /^Progress (\d+) of (\d+)/.exec(line) ?? [];
    if (size === undefined || Number(size) === 0) return;
    const now = Math.floor((100 * Number(done)) / Number(size));
    if (now === percent) return;
    percent = now;
    onStatus(`Downloading ${file}, ${now} % of ${formatBytes(Number(size))}`);
  };
}

/** `torch` of `https://…/torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl`. */
const packageOf = (file: string): string => file.split('/').at(-1)!.split('-')[0]!;

const NO_NETWORK =
  /NewConnectionError|NameResolutionError|Failed to establish a new connection|ConnectTimeout|ReadTimeout|timed out|Connection refused|ProxyError|SSLError|Network is unreachable/;

/** What failed, with a sentence of ours where we know what to do about it. */
export async function explained(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const sentence = error instanceof RunFailure ? sentenceFor(error.problem.output ?? '') : undefined;
    throw sentence === undefined ? error : new RunFailure(sentence);
  }
}

function sentenceFor(output: string): string | undefined {
  if (/No space left on device|Errno 28|Disk quota exceeded/.test(output))
    return 'The disk is full: free some space, or install into another folder with --into.';
  const unreachable = NO_NETWORK.exec(output)?.[0];
  if (unreachable !== undefined)
    return `Python packages could not be downloaded (${unreachable}): check the network connection, or set PIP_INDEX_URL or HTTPS_PROXY as pip needs them here.`;
  const missing = /No matching distribution found for (\S+)/.exec(output)?.[1];
  if (missing !== undefined)
    return `There is no ${missing} for this Python on ${process.platform} ${process.arch}; name another Python with --python.`;
  return undefined;
}
