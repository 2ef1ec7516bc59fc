import { type KubernetesObject, ofKind } from '../../../lib/policy/kubernetes';

export interface ServiceAddress {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIp: string;
}

/** nginx's configuration for the paths of all Ingress objects: host, longest prefix, Service. */
export function gatewayConfiguration(
  objects: readonly KubernetesObject[],
  services: readonly ServiceAddress[],
  { port, defaultHost }: { readonly port: number; readonly defaultHost: string },
): string {
  const hosts = new Map<string, string[]>();
  for (const ingress of ofKind(objects, 'Ingress')) {
    for (const { host = '_', http } of ingress.spec?.rules ?? []) {
      const locations = (http?.paths ?? []).map(({ path = '/', backend }) => {
        const { name = '', port: backendPort } = backend.service ?? {};
        return location(path, addressOf(services, ingress.metadata.namespace, name), backendPort?.number ?? 80);
      });
      hosts.set(host, [...(hosts.get(host) ?? []), ...locations]);
    }
  }
  const servers = [...hosts].map(
    ([host, locations]) =>
      `  server {\n    listen 127.0.0.1:${port}${host === defaultHost ? ' default_server' : ''};\n    server_name ${host};\n${locations.join('')}  }`,
  );
  return `daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path temporary/body;
  proxy_temp_path temporary/proxy;
  fastcgi_temp_path temporary/fastcgi;
  uwsgi_temp_path temporary/uwsgi;
  scgi_temp_path temporary/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
${servers.join('\n')}
}
`;
}

function addressOf(services: readonly ServiceAddress[], namespace: string | undefined, name: string): string {
  const found = services.find((service) => service.namespace === namespace && service.name === name);
  if (!found) throw new Error(`an Ingress path leads to Service ${namespace}/${name}, which is not there`);
  return found.clusterIp;
}

const location = (path: string, address: string, port: number) => `    location ${path} {
      proxy_pass http://${address}:${port};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
`;
