import { type KubernetesObject, ofKind } from '../../lib/policy/kubernetes';
import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import { ingestContract } from '../../runtime/ingest/contract';
import type { ServiceContract } from '../../runtime/shared/contract';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import { cell, cells, objectsOf } from './cells';

const routed: readonly ServiceContract[] = [
  authContract,
  streamContract,
  chatContract,
  analyticsContract,
  webContract,
  ingestContract,
];

interface Path {
  readonly host: string | undefined;
  readonly path: string;
  readonly service: string;
  readonly ingress: KubernetesObject;
}

function pathsOf(objects: readonly KubernetesObject[]): Path[] {
  return ofKind(objects, 'Ingress').flatMap((ingress) =>
    (ingress.spec?.rules ?? []).flatMap(({ host, http }) =>
      (http?.paths ?? []).map(({ path = '/', backend }) => ({
        host,
        path,
        service: backend.service?.name ?? '',
        ingress,
      })),
    ),
  );
}

/** As the controller decides: the longest prefix. */
function serviceFor(paths: readonly Path[], url: string): string | undefined {
  const matching = paths.filter(({ path }) => url.startsWith(path));
  return matching.sort((a, b) => b.path.length - a.path.length)[0]?.service;
}

/** The fields that only this test reads. */
interface Spec {
  readonly ingressClassName?: string;
  readonly tls?: readonly { readonly hosts: readonly string[]; readonly secretName: string }[];
  readonly secretName?: string;
  readonly dnsNames?: readonly string[];
  readonly targetGroupARN?: string;
  readonly serviceRef?: { readonly name: string };
}

const specOf = ({ spec }: KubernetesObject) => (spec ?? {}) as Spec;

const annotation = ({ metadata }: KubernetesObject, name: string) => metadata.annotations?.[`nginx.org/${name}`];

describe.each(cells.filter(([, { role }]) => role === 'home'))('routes of %s', (_name, inputs) => {
  const paths = pathsOf(objectsOf(inputs)).filter(
    ({ host }) => host === inputs.hosts.app || host?.startsWith('ingest.'),
  );

  test.each(
    routed.flatMap((contract) =>
      Object.values(contract.routes).map(
        (route) => [`${route.method} ${route.path}`, contract.name, route.path] as const,
      ),
    ),
  )('%s reaches %s', (_title, service, path) => {
    const host = service === 'ingest' ? 'ingest.' : inputs.hosts.app;
    const url = path.replaceAll(/:(\w+)/g, '7').replace('{*path}', 'watch');
    const reached = serviceFor(
      paths.filter((each) => each.host?.startsWith(host)),
      url,
    );
    // The feed is read by packagers of the cell, from the gate's own address.
    const expected = path.startsWith('/internal/') ? undefined : service;
    expect(reached?.replace(/-\d+$/, '')).toBe(expected);
  });
});

test('below the sharded tier chat is hashed by stream, and nothing else is', () => {
  for (const name of ['1k', '10k']) {
    const hashed = ofKind(objectsOf(cell(name)), 'Ingress').filter((ingress) => annotation(ingress, 'lb-method'));
    expect(hashed.map((ingress) => [ingress.metadata.name, annotation(ingress, 'lb-method')])).toEqual([
      [name === '1k' ? 'app-chat' : 'app-chat-chat', 'hash $arg_streamId consistent'],
    ]);
  }
});

test('at 100k every ordinal up to the maximum has a Service and a path from the start', () => {
  const inputs = cell('100k home');
  const objects = objectsOf(inputs);
  const { maxReplicas } = inputs.figures.chat;
  const shards = pathsOf(objects).filter(({ path }) => path.startsWith('/api/chat/s/'));
  expect(Object.fromEntries(shards.map(({ path, service }) => [path, service]))).toEqual(
    Object.fromEntries(
      Array.from({ length: maxReplicas }, (_, ordinal) => [`/api/chat/s/${ordinal}/`, `chat-${ordinal}`]),
    ),
  );
  for (const { service } of shards) {
    const selector = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === service)?.spec?.selector;
    expect(selector).toMatchObject({ 'statefulset.kubernetes.io/pod-name': service });
  }
});

test('chat and signalling have a controller of their own from 10k, one controller serves all at 1k', () => {
  const classes = (name: string) =>
    Object.fromEntries(
      ofKind(objectsOf(cell(name)), 'Ingress').map((each) => [each.metadata.name, specOf(each).ingressClassName]),
    );
  expect(new Set(Object.values(classes('1k')))).toEqual(new Set(['nginx']));
  expect(classes('10k')).toMatchObject({
    'app-auth': 'nginx',
    'app-web': 'nginx',
    'app-chat-chat': 'nginx-chat',
    'rtc-livekit': 'nginx-chat',
  });
});

describe.each(cells)('hosts of %s', (_name, inputs) => {
  const objects = objectsOf(inputs);

  test('each master redirects to HTTPS, sends HSTS and has a certificate that covers its host', () => {
    const masters = ofKind(objects, 'Ingress').filter(
      (each) => annotation(each, 'mergeable-ingress-type') === 'master',
    );
    expect(masters.length).toBeGreaterThanOrEqual(2);
    for (const master of masters) {
      expect(annotation(master, 'redirect-to-https')).toBe('true');
      expect(Number(annotation(master, 'hsts-max-age'))).toBeGreaterThanOrEqual(31_536_000);
      const [tls] = specOf(master).tls ?? [];
      const certificate = ofKind(objects, 'Certificate').find((each) => specOf(each).secretName === tls?.secretName);
      expect(tls?.hosts).toHaveLength(1);
      expect(certificate && specOf(certificate).dnsNames).toEqual(expect.arrayContaining(tls?.hosts ?? []));
    }
  });

  test('every minion belongs to a master of the same host and class', () => {
    const key = (each: KubernetesObject) => `${each.spec?.rules?.[0]?.host} ${specOf(each).ingressClassName}`;
    const kind = (type: string) =>
      ofKind(objects, 'Ingress').filter((each) => annotation(each, 'mergeable-ingress-type') === type);
    const masters = kind('master').map(key);
    expect(new Set(masters).size).toBe(masters.length);
    expect(kind('minion').filter((minion) => !masters.includes(key(minion)))).toEqual([]);
  });

  test('a path that carries WebSockets names its Services, and lets them idle for an hour', () => {
    for (const ingress of ofKind(objects, 'Ingress')) {
      const sockets = annotation(ingress, 'websocket-services')?.split(',');
      if (!sockets) continue;
      const services = pathsOf(objects).filter((path) => path.ingress === ingress);
      expect(sockets.sort()).toEqual(services.map(({ service }) => service).sort());
      expect(annotation(ingress, 'proxy-read-timeout')).toBe('3600s');
    }
  });

  test('each target group is bound to a Service of its namespace, or to the Ingress controller', () => {
    const services = ofKind(objects, 'Service').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const bindings = ofKind(objects, 'TargetGroupBinding');
    const arns = bindings.map((binding) => specOf(binding).targetGroupARN);
    expect(new Set(arns).size).toBe(bindings.length);
    for (const binding of bindings) {
      const { namespace } = binding.metadata;
      if (namespace !== 'ingress') expect(services).toContain(`${namespace}/${specOf(binding).serviceRef?.name}`);
    }
  });
});
