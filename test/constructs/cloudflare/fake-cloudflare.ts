import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SmartTieredCacheEditParams } from 'cloudflare/resources/cache/smart-tiered-cache';
import type { Bucket } from 'cloudflare/resources/r2/buckets/buckets';
import type { CORSUpdateParams } from 'cloudflare/resources/r2/buckets/cors';
import type { CustomGetResponse } from 'cloudflare/resources/r2/buckets/domains/custom';
import type { LifecycleUpdateParams } from 'cloudflare/resources/r2/buckets/lifecycle';
import type { PhaseGetResponse } from 'cloudflare/resources/rulesets/phases/phases';
import type { RuleCreateParams } from 'cloudflare/resources/rulesets/rules';
import type { Phase, RulesetCreateParams } from 'cloudflare/resources/rulesets/rulesets';

export type Ruleset = Extract<PhaseGetResponse, { readonly rules: readonly unknown[] }>;
export type Rule = Ruleset['rules'][number];

/** What goes wrong with one request. */
export type Fault =
  /** 429 with a moment to wait. */
  | 'rate-limited'
  /** 503 before anything was done. */
  | 'unavailable'
  /** Done, but the answer is a 502: partial success. */
  | 'answer-lost';

interface StoredBucket extends Bucket {
  readonly name: string;
  lifecycle?: LifecycleUpdateParams['rules'];
  cors?: CORSUpdateParams['rules'];
  readonly domains: Map<string, CustomGetResponse>;
  /** Objects in it; Cloudflare refuses to delete a bucket that has any. */
  objects: number;
}

/** An answer of the API: a result, or an error with its HTTP status. */
type Answer = { readonly result: unknown } | { readonly status: number; readonly message: string };

const notFound: Answer = { status: 404, message: 'not found' };
const conflict: Answer = { status: 409, message: 'already exists' };

/** The part of Cloudflare's HTTP API that we call, in memory, held to the SDK's own types. */
export class FakeCloudflare {
  readonly buckets = new Map<string, StoredBucket>();
  readonly rulesets = new Map<Phase, Ruleset>();
  readonly requests: string[] = [];
  tieredCache: SmartTieredCacheEditParams['value'] = 'off';
  /** Decides the fate of each request, in order. */
  fault: (method: string, path: string) => Fault | undefined = () => undefined;

  private readonly server: Server = createServer((request, response) => {
    this.serve(request).then(
      ({ status, body, headers }) => response.writeHead(status, headers).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  private nextId = 1;

  async start(): Promise<string> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  /** A rule that somebody else made by hand. */
  addForeignRule(phase: Phase, rule: Partial<Rule> & { readonly ref: string }): Rule {
    const ruleset = this.rulesets.get(phase) ?? this.newRuleset(phase, []);
    const stored = this.stored({ action: 'block', expression: 'true', ...rule } as RuleCreateParams);
    ruleset.rules.push(stored);
    return stored;
  }

  private async serve(request: IncomingMessage) {
    const method = request.method ?? 'GET';
    const path = request.url ?? '/';
    this.requests.push(`${method} ${path}`);
    const body = await readJson(request);
    const headers = { 'content-type': 'application/json', 'retry-after-ms': '1' };
    const fault = this.fault(method, path);
    if (fault === 'rate-limited') return { status: 429, headers, body: failure('slow down') };
    if (fault === 'unavailable') return { status: 503, headers, body: failure('try again') };
    const answer = this.answer(method, path.split('/').slice(1), body);
    if (fault === 'answer-lost') return { status: 502, headers, body: failure('bad gateway') };
    if ('status' in answer) return { status: answer.status, headers, body: failure(answer.message) };
    return { status: 200, headers, body: { success: true, errors: [], messages: [], result: answer.result } };
  }

  private answer(method: string, path: readonly string[], body: unknown): Answer {
    const [scope, , area, ...rest] = path;
    if (scope === 'accounts' && area === 'r2') return this.r2(method, rest.slice(1), body);
    if (scope === 'zones' && area === 'cache') return this.cacheTier(body as SmartTieredCacheEditParams);
    if (scope === 'zones' && area === 'rulesets') return this.ruleset(method, rest, body);
    return { status: 400, message: `no route ${method} /${path.join('/')}` };
  }

  private cacheTier({ value }: SmartTieredCacheEditParams): Answer {
    this.tieredCache = value;
    return { result: { id: 'tiered_cache_smart_topology_enable', editable: true, value } };
  }

  private r2(method: string, [name, part, ...rest]: readonly string[], body: unknown): Answer {
    if (name === undefined) return this.createBucket(body as { readonly name: string });
    const bucket = this.buckets.get(name);
    if (!bucket) return notFound;
    switch (part) {
      case undefined:
        return method === 'DELETE' ? this.deleteBucket(bucket) : { result: bucket };
      case 'lifecycle':
        bucket.lifecycle = (body as LifecycleUpdateParams).rules;
        return { result: {} };
      case 'cors':
        bucket.cors = (body as CORSUpdateParams).rules;
        return { result: {} };
      default:
        return this.domain(method, bucket, rest[1], body);
    }
  }

  private createBucket({ name }: { readonly name: string }): Answer {
    if (this.buckets.has(name)) return conflict;
    const bucket: StoredBucket = { name, domains: new Map(), objects: 0 };
    this.buckets.set(name, bucket);
    return { result: bucket };
  }

  private deleteBucket({ name, objects }: StoredBucket): Answer {
    if (objects > 0) return { status: 409, message: 'the bucket is not empty' };
    this.buckets.delete(name);
    return { result: {} };
  }

  private domain(method: string, { domains }: StoredBucket, host: string | undefined, body: unknown): Answer {
    if (method === 'POST') {
      const created = body as CustomGetResponse;
      if (domains.has(created.domain)) return conflict;
      domains.set(created.domain, { ...created, status: { ownership: 'active', ssl: 'active' } });
      return { result: created };
    }
    if (host === undefined) return { result: { domains: [...domains.values()] } };
    const found = domains.get(host);
    if (!found) return notFound;
    if (method === 'DELETE') domains.delete(host);
    if (method === 'PUT') domains.set(host, { ...found, ...(body as Partial<CustomGetResponse>) });
    return { result: domains.get(host) ?? { domain: host } };
  }

  private ruleset(method: string, path: readonly string[], body: unknown): Answer {
    if (path[0] === 'phases') {
      const ruleset = this.rulesets.get(path[1] as Phase);
      return ruleset ? { result: ruleset } : notFound;
    }
    if (path.length === 0) {
      const { phase, rules } = body as RulesetCreateParams;
      if (phase === undefined || this.rulesets.has(phase))
        return { status: 400, message: 'the phase has an entry point already' };
      return { result: this.newRuleset(phase, (rules ?? []) as RuleCreateParams[]) };
    }
    const ruleset = [...this.rulesets.values()].find(({ id }) => id === path[0]);
    return ruleset ? this.rule(method, ruleset, path[2], body as RuleCreateParams) : notFound;
  }

  private rule(method: string, ruleset: Ruleset, id: string | undefined, body: RuleCreateParams): Answer {
    if (method === 'POST') {
      if (ruleset.rules.some(({ ref }) => ref === body.ref)) return { status: 400, message: 'the ref is taken' };
      ruleset.rules.push(this.stored(body));
      return { result: ruleset };
    }
    const index = ruleset.rules.findIndex((rule) => rule.id === id);
    if (index < 0) return notFound;
    if (method === 'DELETE') ruleset.rules.splice(index, 1);
    else ruleset.rules[index] = { ...this.stored(body), id: id ?? '' } as Rule;
    return { result: ruleset };
  }

  private newRuleset(phase: Phase, rules: readonly RuleCreateParams[]): Ruleset {
    const ruleset: Ruleset = {
      id: this.newId(),
      kind: 'zone',
      last_updated: '2026-01-01T00:00:00Z',
      name: 'default',
      phase,
      rules: rules.map((rule) => this.stored(rule)),
      version: '1',
    };
    this.rulesets.set(phase, ruleset);
    return ruleset;
  }

  /** As the API stores a rule: with an id, and defaults that nobody asked for. */
  private stored(rule: RuleCreateParams): Rule {
    return { categories: [], ...rule, id: this.newId(), last_updated: '2026-01-01T00:00:00Z', version: '1' } as Rule;
  }

  private newId(): string {
    return String(this.nextId++).padStart(32, '0');
  }
}

const failure = (message: string) => ({ success: false, errors: [{ code: 1, message }], messages: [], result: null });

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}
