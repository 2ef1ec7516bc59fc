import { execute, requireTool } from '../execute';
import { type Step, Unavailable } from '../types';
import { onPath } from './path';

export interface AptInstall {
  readonly package: string;
  readonly program: string;
  readonly usually: string;
}

/** Installs on the machine itself: for what cannot run from an unpacked directory. Only as root. */
export function aptInstall({ package: name, program, usually }: AptInstall): Step {
  const origin = `apt-get install ${name}`;
  return {
    origin,
    async install(progress) {
      const apt = requireTool('apt-get');
      if (process.getuid?.() !== 0) throw new Unavailable(`needs root: sudo ${origin}`);
      progress(`installing the Debian package ${name}, usually ${usually}, once`);
      const environment = { DEBIAN_FRONTEND: 'noninteractive' };
      await execute(apt, ['update'], { environment });
      await execute(apt, ['install', '--yes', '--no-install-recommends', name], { environment });
      return onPath(program).install(progress);
    },
  };
}
