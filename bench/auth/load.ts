import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:http';
import { percentile } from '../support/percentile';
import type { LoadPlan, LoadResult } from './plan';

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadPlan;
const agent = new Agent({ keepAlive: true, maxSockets: plan.concurrency });
const latencies: number[] = [];
let turn = 0;
let wrong = 0;

/** Every call from an address of its own, so that limits per address are passed as many clients pass them. */
function nextRequest(): { readonly options: RequestOptions; readonly body: string } {
  turn += 1;
  const forwarded = `10.${(turn >> 16) & 255}.${(turn >> 8) & 255}.${turn & 255}`;
  const common = { agent, host: '127.0.0.1', port: plan.port };
  if (plan.kind === 'login') {
    const body = JSON.stringify({ identifier: plan.handles[turn % plan.handles.length], password: plan.password });
    const headers = {
      'x-forwarded-for': forwarded,
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    return { options: { ...common, method: 'POST', path: '/api/auth/login', headers }, body };
  }
  const authorization = `Bearer ${plan.tokens[turn % plan.tokens.length]}`;
  const headers = { 'x-forwarded-for': forwarded, authorization };
  return { options: { ...common, method: 'GET', path: '/api/auth/me', headers }, body: '' };
}

function callOnce(): Promise<void> {
  const { options, body } = nextRequest();
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      if (response.statusCode !== 200) wrong += 1;
      response.resume();
      response.on('end', () => {
        latencies.push(performance.now() - startedAt);
        resolve();
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function main(): Promise<void> {
  const until = performance.now() + plan.seconds * 1_000;
  const workers = Array.from({ length: plan.concurrency }, async () => {
    while (performance.now() < until) await callOnce();
  });
  await Promise.all(workers);
  const result: LoadResult = {
    answers: latencies.length,
    wrong,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  agent.destroy();
}

void main();
