import { type Obstacle, obstacles } from '../teardown/refusals';
import { type Command, configOf, exitCodes, options } from './command';
import { table } from './format';

export const teardownCommand: Command = {
  summary: 'What cdk destroy refuses or leaves behind, why, and the steps',
  usage: 'headend teardown [-c environment=prod] [-c tier=10k] [-c region=…] [--json]',
  run(args) {
    const config = configOf(options(args, {}).context);
    const { refused, left } = obstacles(config);
    const text = [
      ...section('Refused, until each is allowed:', refused),
      ...section('Left behind, and paid for:', left),
      refused.length + left.length === 0 ? 'Nothing is refused and nothing is left behind.' : '',
      'Destroy with: npx cdk destroy "**" and the same flags. The edge goes before home, cells in any order.',
    ].join('\n');
    return {
      exitCode: refused.length > 0 ? exitCodes.findings : exitCodes.ok,
      text,
      json: { schema: 'headend/teardown/v1', refused, left },
    };
  },
};

function section(title: string, found: readonly Obstacle[]): string[] {
  if (found.length === 0) return [];
  return [title, table(found.map(({ stack, what, why, step }) => [stack, what, why, step])), ''];
}
