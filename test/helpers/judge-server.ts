/** A server that judges ask, for tests: what it answers, and how it fails, is up to them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Question {
  messages: { content: string }[];
  response_format?: unknown;
  model: string;
}
export type Answer = (question: Question, response: ServerResponse, count: number) => void;

/** A server that counts what it is asked; `answer` gives each answer. */
export async function serverThat(answer: Answer) {
  const asked: { question: Question; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const question: Question = JSON.parse(body);
    asked.push({ question, headers: request.headers });
    answer(question, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

export const says = (response: ServerResponse, content: string, usage?: object): void => {
  response.end(JSON.stringify({ choices: [{ message: { content } }], usage }));
};
export const fails = (response: ServerResponse, status: number, text: string, headers = {}): void => {
  response.writeHead(status, headers).end(text);
};
