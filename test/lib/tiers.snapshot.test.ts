import { tierNames } from '../../lib/config/figure';
import { parseConfig } from '../../lib/config/parse';
import { domainFlags } from './matrix/cells';
import { synthesize } from './matrix/synthesize';
import { reducedView } from './reduced-view';

jest.setTimeout(60_000);

describe('what a tier is made of', () => {
  it.each(tierNames)('%s, home', (tier) => {
    const config = parseConfig({ tier, environment: 'prod', ...domainFlags });
    expect(reducedView(synthesize(config))).toMatchSnapshot();
  });

  it('100k, an ingest cell', () => {
    const config = parseConfig({ tier: '100k', region: 'eu-west-1', environment: 'prod', ...domainFlags });
    expect(reducedView(synthesize(config))).toMatchSnapshot();
  });
});
