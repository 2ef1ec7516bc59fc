import { ofKind } from '../../lib/policy/kubernetes';
import { cells, objectsOf } from './cells';

test.each(cells)('certificates of %s are ones that CloudFront accepts from an origin', (_name, inputs) => {
  const issuers = ofKind(objectsOf(inputs), 'ClusterIssuer');
  expect(issuers).toMatchObject([{ spec: { acme: { server: 'https://acme-v02.api.letsencrypt.org/directory' } } }]);
});
