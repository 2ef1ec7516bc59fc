import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache';
import { execute, requireTool } from '../execute';
import type { Step } from '../types';

export interface JavaServer {
  /** `group:artifact:version`, without their own dependencies' coordinates. */
  readonly artifacts: readonly string[];
  readonly key: string;
  /** Our launcher, one Java source file whose class has the file's name. */
  readonly launcher: string;
  readonly mainClass: string;
  readonly standIn: string;
  readonly usually: string;
}

/** Jars from Maven Central and a launcher of ours compiled against them. */
export function mavenServer({ artifacts, key, launcher, mainClass, standIn, usually }: JavaServer): Step {
  const origin = `Maven ${artifacts[0]}`;
  return {
    origin,
    async install(progress) {
      const java = requireTool('java');
      const directory = await cached(`${key}-${digest(launcher)}`, async (scratch) => {
        const maven = requireTool('mvn');
        const compiler = requireTool('javac');
        progress(`downloading ${artifacts[0]}, usually ${usually}, once`);
        const project = join(scratch, 'pom.xml');
        writeFileSync(project, projectModel(artifacts));
        await execute(maven, [
          '--batch-mode',
          '--quiet',
          '--file',
          project,
          'dependency:copy-dependencies',
          '-DoutputDirectory=jars',
        ]);
        await execute(compiler, ['-classpath', join(scratch, 'jars/*'), '-d', scratch, launcher]);
      });
      const classPath = `${join(directory, 'jars/*')}:${directory}`;
      return {
        origin,
        standIn,
        command: () => ({ file: java, arguments: ['-classpath', classPath, mainClass] }),
      };
    },
  };
}

/** Changes with the launcher, so that an edited one is compiled again. */
function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8);
}

/** The smallest project that Maven resolves dependencies for. */
export function projectModel(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headend</groupId><artifactId>local-server</artifactId><version>1</version>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`;
}
