import { execute, requireTool } from '../execute';
import { type Step, Unavailable } from '../types';

/**
 * A container image. Host networking keeps one set of addresses for every origin of a server; on macOS Docker
 * Desktop has it behind a setting.
 */
export function dockerImage(image: string): Step {
  return {
    origin: `Docker ${image}`,
    async install(progress) {
      const docker = requireTool('docker');
      await execute(docker, ['version']).catch(() => {
        throw new Unavailable('docker is on PATH, but its engine does not answer');
      });
      progress(`pulling the image ${image}, usually under a minute, once`);
      await execute(docker, ['pull', '--quiet', image]);
      return {
        origin: `Docker ${image}`,
        command: (program, directories = []) => ({
          file: docker,
          arguments: dockerArguments(image, program, directories),
        }),
      };
    },
  };
}

/** Same user and same paths inside as outside, so that callers need not know that a container is between. */
export function dockerArguments(
  image: string,
  program: string,
  directories: readonly string[],
  user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
): string[] {
  const volumes = directories.flatMap((directory) => ['--volume', `${directory}:${directory}`]);
  const isolation = ['--rm', '--init', '--network', 'host', '--user', `${user.uid}:${user.gid}`];
  return ['run', ...isolation, ...volumes, '--entrypoint', program, image];
}
