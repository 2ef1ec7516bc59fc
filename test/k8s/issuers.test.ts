import { ofKind } from '../../lib/policy/kubernetes';
import { cells, objectsOf } from './cells';

test.each(cells)('certificates of %s are ones that CloudFront accepts from an origin', (_name, inputs) => {
  const issuers = ofKind(objectsOf(inputs), 'ClusterIssuer').map(({ spec }) => spec?.acme);
  expect(issuers).toEqual([
    expect.objectContaining({ server: 'https://acme-v02.api.letsencrypt.org/directory', email: expect.any(String) }),
  ]);
});
