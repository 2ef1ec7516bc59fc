import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, requireTool } from '../../../runtime/local/provision/execute';

/** A short-lived authority and one certificate for every server and client of a control plane on loopback. */
export async function makeCertificates(directory: string, serviceAddress: string): Promise<void> {
  const openssl = (...args: string[]) => execute(requireTool('openssl'), args, { directory });
  const key = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  await key('ca');
  await openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    'ca.key',
    '-subj',
    '/CN=headend-verify',
    '-days',
    '2',
    '-out',
    'ca.crt',
  );
  const names = `DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:${serviceAddress}`;
  const sign = async (name: string, subject: string) => {
    await key(name);
    await openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    writeFileSync(
      join(directory, `${name}.ext`),
      `keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=${names}\n`,
    );
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '2', '-out', `${name}.crt`, '-extfile', `${name}.ext`],
    );
  };
  await sign('server', '/CN=kube-apiserver');
  await sign('kubelet-client', '/O=system:masters/CN=kubelet-client');
  await sign('front-proxy', '/CN=front-proxy');
  await openssl('genrsa', '-out', 'service-accounts.key', '2048');
  await openssl('rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
}
