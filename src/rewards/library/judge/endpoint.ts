import type { EndpointOptions } from './endpoint-options.ts';
import { countCall, Usage } from './usage.ts';

export interface Message {
  role: 'system' | 'user';
  content: string;
}

/** Seconds before the first repetition; each further one waits twice as long. */
const FIRST_WAIT = 0.5;
const LONGEST_WAIT = 20;
/** A verdict has a few hundred characters; what never ends would fill the memory. */
const MOST_BYTES = 4 << 20;

/** The server will not answer this, however often it is asked. */
class Refused extends Error {}

/** A chat model behind the API of OpenAI. */
export class Endpoint {
  readonly #options: Required<Omit<EndpointOptions, 'apiKeyEnv' | 'prices'>> & Pick<EndpointOptions, 'apiKeyEnv'>;
  readonly #usage: Usage;
  #asking = 0;
  readonly #waiting: (() => void)[] = [];
  /** Some servers know no `response_format`. */
  #asksForJson = true;

  constructor(options: EndpointOptions) {
    this.#options = { timeoutSeconds: 60, retries: 4, concurrency: 8, ...options };
    if (!/^https?:\/\//.test(options.url))
      throw new Error(
        `A judge's url must begin with http:// or https://, such as http://localhost:11434/v1; it is ${options.url}.`,
      );
    this.#usage = new Usage(options);
  }

  /** What `read` makes of the answer. An answer that it throws at is asked for again, as are answers that do not come. */
  async ask<Answer>(messages: Message[], read: (text: string) => Answer): Promise<Answer> {
    await this.#turn();
    try {
      const { retries } = this.#options;
      for (let attempt = 0; ; attempt++) {
        try {
          return read(await this.#complete(messages));
        } catch (error) {
          if (error instanceof Refused || attempt >= retries) throw error;
          await pause(error, attempt);
        }
      }
    } finally {
      this.#asking--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#asking >= this.#options.concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#asking++;
  }

  async #complete(messages: Message[]): Promise<string> {
    const { url, model, apiKeyEnv, timeoutSeconds } = this.#options;
    const key = keyIn(apiKeyEnv);
    const body = {
      ...{ model, messages, temperature: 0 },
      ...(this.#asksForJson && { response_format: { type: 'json_object' } }),
    };
    countCall();
    const request = fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      // The config names one address, and no other is contacted.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    const { response, said } = await request
      .then(async (response) => ({ response, said: await textOf(response) }))
      .catch((error: Error) => {
        const cause = (error.cause as Error | undefined)?.message ?? error.message;
        throw new Error(`The judge at ${url} did not answer: ${cause}.`);
      });
    // Servers that refuse a key may repeat it, and what they say is shown and logged.
    const text = key === undefined ? said : said.replaceAll(key, '(the key)');
    if (!response.ok) this.#refuse(response, text);
    const { choices, usage } = this.#read(text);
    this.#usage.add(usage);
    const content = choices?.[0]?.message?.content;
    if (typeof content !== 'string') throw new Error(`The judge at ${url} sent no message.`);
    return content;
  }

  #read(text: string): { choices?: { message?: { content?: unknown } }[]; usage?: unknown } {
    try {
      return JSON.parse(text) ?? {};
    } catch {
      throw new Error(`The judge at ${this.#options.url} sent no JSON: ${text.trim().slice(0, 100)}`);
    }
  }

  #refuse({ status, headers }: Response, text: string): never {
    const { url, apiKeyEnv } = this.#options;
    const said = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
    if (status === 400 && this.#asksForJson && /response_format|json/i.test(text)) {
      this.#asksForJson = false;
      throw new Error('The judge knows no response_format.');
    }
    const message = `The judge at ${url} answered ${status}: ${said}`;
    if (status === 401 || status === 403) {
      const key =
        apiKeyEnv === undefined
          ? 'Name the variable with its key as apiKeyEnv, and in "rewardEnv".'
          : `Is ${apiKeyEnv} right?`;
      throw new Refused(`${message}. ${key}`);
    }
    if (status < 500 && ![408, 409, 425, 429].includes(status)) throw new Refused(message);
    throw Object.assign(new Error(message), { retryAfter: Number(headers.get('retry-after') ?? Number.NaN) });
  }
}

async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`it sent more than ${MOST_BYTES >> 20} MiB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function keyIn(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  // A line break at its end, as files have one, is no part of it.
  const key = process.env[variable]?.trim();
  if (!key)
    throw new Refused(
      `The judge's key is missing: name ${variable} in "rewardEnv" of the run config, and store the key with "GRPO: Set Judge Key" in VS Code or set the variable where VS Code or grpo is started.`,
    );
  // fetch refuses a header with others, and shows it.
  if (/[^!#-[\]-~]/.test(key))
    throw new Refused(`The judge's key in ${variable} has characters that keys do not have; set it again.`);
  return key;
}

/** As long as the server asks for, else twice as long each time, not all at once. */
async function pause(error: unknown, attempt: number): Promise<void> {
  const { retryAfter = Number.NaN } = error as { retryAfter?: number };
  const seconds = Number.isFinite(retryAfter) ? retryAfter : FIRST_WAIT * 2 ** attempt * (0.75 + Math.random() / 2);
  await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(LONGEST_WAIT, Math.max(0, seconds))));
}
