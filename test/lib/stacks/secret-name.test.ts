import { parseConfig } from '../../../lib/config/parse';
import { domainFlags } from '../matrix/cells';
import { synthesize } from '../matrix/synthesize';

jest.setTimeout(120_000);

/** CloudFormation's list of functions that may stand in Fn::Split does not have Fn::GetStackOutput. */
test('no template splits the output of another stack', () => {
  const config = parseConfig({ tier: '1k', environment: 'prod', ...domainFlags });
  const splitting = synthesize(config).filter(({ text }) =>
    /"Fn::Split":\[[^,]+,\{"Fn::GetStackOutput"/.test(text.replaceAll(/\s/g, '')),
  );
  expect(splitting.map(({ id }) => id)).toEqual([]);
});
