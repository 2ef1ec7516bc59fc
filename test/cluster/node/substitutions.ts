import type { KubernetesObject } from '../../../lib/policy/kubernetes';
import { localImage } from '../../images/build';
import { nodeAddress } from './network-namespace';
import overlay from './overlay.json';

/** What is not as it would be on AWS; the report prints each. */
export interface Substitution {
  readonly what: string;
  readonly instead: string;
  readonly apply: (objects: readonly Manifest[]) => readonly Manifest[];
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are edited where they differ
export type Manifest = KubernetesObject & { spec?: any; data?: any };

/** Edits every pod template. */
function onPods(edit: (pod: Manifest['spec'], name: string) => void): Substitution['apply'] {
  return (objects) =>
    objects.map((object) => {
      const pod = object.spec?.template?.spec;
      if (pod) edit(pod, object.metadata.name);
      return object;
    });
}

/** Edits variables: a value, or `undefined` to leave it out. */
function onVariables(changes: Readonly<Record<string, string | undefined>>): Substitution['apply'] {
  return onPods((pod) => {
    for (const container of pod.containers) {
      container.env = (container.env ?? [])
        .filter(({ name }: { name: string }) => !(name in changes) || changes[name] !== undefined)
        .map((variable: { name: string }) =>
          variable.name in changes ? { name: variable.name, value: changes[variable.name] } : variable,
        );
    }
  });
}

const without =
  (...kinds: string[]): Substitution['apply'] =>
  (objects) =>
    objects.filter(({ kind }) => !kinds.includes(kind));

/** The S3 server on the node. */
export interface NodeStorage {
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

export function substitutions(s3: NodeStorage): readonly Substitution[] {
  return [
    {
      what: 'external secrets, certificates, target groups, KEDA: operators that talk to AWS',
      instead: 'Secrets written directly; no TLS, no load balancer; packagers stay at the overlay’s number',
      apply: without(
        'SecretStore',
        'ExternalSecret',
        'ClusterIssuer',
        'Certificate',
        'TargetGroupBinding',
        'ScaledObject',
      ),
    },
    {
      what: 'NGINX Ingress Controller',
      instead: 'nginx, configured from the same Ingress objects',
      apply: without('Ingress'),
    },
    {
      what: 'bootstrap Job: the document store’s stand-in has no users',
      instead: 'databases and roles of PostgreSQL made directly, the document store without login',
      apply: (objects) => objects.filter(({ metadata }) => metadata.name !== 'bootstrap'),
    },
    {
      what: 'images in ECR',
      instead: 'the same Dockerfiles, built here on a base made of Debian and Node’s release',
      apply: onPods((pod, name) => {
        for (const container of pod.containers) {
          container.image = localImage(name);
          container.imagePullPolicy = 'Never';
        }
      }),
    },
    {
      what: 'three node pools',
      instead: 'one node: selectors of the pool are left out',
      apply: onPods((pod) => {
        delete pod.affinity;
      }),
    },
    {
      what: 'replicas and requests of the tier',
      instead: 'test/cluster/node/overlay.json',
      apply: (objects) => objects.map(applyOverlay),
    },
    {
      what: 'TLS to data servers, which are signed by Amazon',
      instead: 'plain connections inside the namespace',
      apply: onVariables({ PG_CA_FILE: undefined, MONGO_CA_FILE: undefined, MONGO_CREDENTIALS_FILE: undefined }),
    },
    { what: 'Amazon SES', instead: 'mails are printed', apply: onVariables({ MAIL_TRANSPORT: 'stdout' }) },
    {
      what: 'Amazon S3 and Pod Identity',
      instead: 'the address and keys of the local S3 server in the environment',
      apply: onPods((pod, name) => {
        if (!['stream', 'packager'].includes(name)) return;
        const variables = {
          S3_ENDPOINT: `http://${nodeAddress}:${s3.port}`,
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
          AWS_REGION: s3.region,
        };
        for (const container of pod.containers) {
          container.env.push(...Object.entries(variables).map(([name, value]) => ({ name, value })));
        }
      }),
    },
    {
      what: 'LiveKit’s public address and Redis over TLS',
      instead: 'the node’s address, a Redis without TLS',
      apply: (objects) =>
        objects.map((object) => {
          if (object.kind !== 'ConfigMap') return object;
          const config = object.data['livekit.yaml']
            .replace('use_external_ip: true', 'use_external_ip: false')
            .replace(/redis:\n {2}tls:\n {4}enabled: true\n/, '');
          return { ...object, data: { 'livekit.yaml': config } };
        }),
    },
  ];
}

function applyOverlay(object: Manifest): Manifest {
  const pod = object.spec?.template?.spec;
  if (!pod) return object;
  const { replicas, requests } = overlay;
  for (const container of pod.containers) container.resources.requests = requests;
  return { ...object, spec: { ...object.spec, replicas } };
}
