import type { z } from 'zod';
import type { PlatformInputs } from '../../k8s/inputs';
import { containersOf, ofKind, type Workload, workloads } from '../../lib/policy/kubernetes';
import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { bootstrapEnvironment } from '../../runtime/bootstrap/contract';
import { chatContract } from '../../runtime/chat/contract';
import { ingestContract } from '../../runtime/ingest/contract';
import { packagerContract } from '../../runtime/packager/contract';
import type { ServiceContract } from '../../runtime/shared/contract';
import { parseEnvironment } from '../../runtime/shared/environment';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';
import { cell, cells, objectsOf } from './cells';

const contracts: Readonly<Record<string, ServiceContract>> = {
  auth: authContract,
  stream: streamContract,
  chat: chatContract,
  analytics: analyticsContract,
  web: webContract,
  ingest: ingestContract,
  packager: packagerContract,
};

const schemas: Readonly<Record<string, z.ZodObject>> = {
  ...Object.fromEntries(Object.entries(contracts).map(([name, { environment }]) => [name, environment])),
  bootstrap: bootstrapEnvironment,
};

/** What the kubelet would set from the pod itself. */
const podFacts: Readonly<Record<string, string>> = { 'metadata.name': 'chat-3', 'status.podIP': '10.0.1.2' };

type Variable = { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } };

/** The variables of a container as its process sees them, `$(NAME)` expanded from what stands before. */
function resolved(variables: readonly Variable[]): Record<string, string> {
  const seen: Record<string, string> = {};
  for (const { name, value, valueFrom } of variables) {
    const text = value ?? podFacts[valueFrom?.fieldRef?.fieldPath ?? ''];
    if (text === undefined) throw new Error(`${name} has neither value nor a known field`);
    seen[name] = text.replaceAll(/\$\((\w+)\)/g, (_, other: string) => seen[other] ?? `$(${other})`);
  }
  return seen;
}

const mounts = ({ pod }: Workload) => containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts);

const plain = cell('1k');
const behindCloudflare: PlatformInputs = {
  ...plain,
  storage: { ...plain.storage, hlsEndpoint: 'https://account.r2.cloudflarestorage.com' },
  secrets: { ...plain.secrets, hlsStorage: 'cloudflare/r2' },
} as PlatformInputs;

describe.each([...cells, ['1k behind Cloudflare', behindCloudflare] as const])('services of %s', (_name, inputs) => {
  const services = workloads(objectsOf(inputs)).filter(({ object }) => schemas[object.metadata.name]);

  test.each(services.map((service) => [service.object.metadata.name, service] as const))(
    '%s starts with its environment',
    (name, { pod }) => {
      const environment = resolved((pod.containers[0]?.env ?? []) as Variable[]);
      const parsed = parseEnvironment(name, schemas[name] as z.ZodObject, environment);
      const contract = contracts[name];
      const own = contract && { PORT: contract.port, MANAGEMENT_PORT: contract.managementPort, REGION: inputs.region };
      expect(parsed).toMatchObject(own ?? {});
    },
  );

  test.each(services.map((service) => [service.object.metadata.name, service] as const))(
    '%s is given no variable that its schema does not know',
    (name, { pod }) => {
      const known = [...Object.keys(schemas[name]?.shape ?? {}), 'POD_IP'];
      const given = (pod.containers[0]?.env ?? []).map((variable) => variable.name);
      expect(given.filter((variable) => !known.includes(variable))).toEqual([]);
    },
  );

  test.each(services.map((service) => [service.object.metadata.name, service] as const))(
    '%s finds each secret file under a mount, and mounts no other secret',
    (_service, workload) => {
      const directories = mounts(workload)
        .map(({ mountPath }) => mountPath)
        .filter((path) => path.startsWith('/etc/headend/secrets/'));
      const files = (workload.pod.containers[0]?.env ?? []).flatMap(({ value = '' }) =>
        value.startsWith('/etc/headend/secrets/') ? [value.slice(0, value.lastIndexOf('/'))] : [],
      );
      expect(directories.sort()).toEqual([...new Set(files)].sort());
    },
  );
});

test('an ingest cell calls home over HTTPS, home itself stays inside the cluster', () => {
  const streamUrls = cells.map(([name, inputs]) => {
    const ingest = workloads(objectsOf(inputs)).find(({ object }) => object.metadata.name === 'ingest');
    return [name, ingest?.pod.containers[0]?.env?.find((variable) => variable.name === 'STREAM_URL')?.value];
  });
  expect(Object.fromEntries(streamUrls)).toEqual({
    '1k': 'http://stream.platform.svc.cluster.local:8102',
    '10k': 'http://stream.platform.svc.cluster.local:8102',
    '100k home': 'http://stream.platform.svc.cluster.local:8102',
    '100k ingest': 'https://example.com',
  });
});

test.each(['packager', 'stream'])('behind Cloudflare %s reaches R2 with a key that External Secrets brings', (name) => {
  const objects = objectsOf(behindCloudflare);
  const service = workloads(objects).find(({ object }) => object.metadata.name === name);
  const environment = resolved((service?.pod.containers[0]?.env ?? []) as Variable[]);
  expect(environment).toMatchObject({
    HLS_S3_ENDPOINT: 'https://account.r2.cloudflarestorage.com',
    HLS_S3_CREDENTIALS_FILE: '/etc/headend/secrets/hls-storage/access-key.json',
  });
  const secret = ofKind(objects, 'ExternalSecret').find(({ metadata }) => metadata.name === 'hls-storage');
  expect(secret?.spec).toMatchObject({
    data: [{ secretKey: 'access-key.json', remoteRef: { key: 'cloudflare/r2' } }],
  });
});
