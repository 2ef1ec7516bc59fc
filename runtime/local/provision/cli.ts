import { resolveServer } from './resolve';
import { type ServerKey, serverKeys, servers } from './table';

/** `provision/cli.ts <server|all>`: finds or installs servers and prints version, path and origin of each. */
async function main([wanted = 'all']: string[]): Promise<void> {
  const chosen = wanted === 'all' ? serverKeys : serverKeys.filter((key) => key === wanted);
  if (chosen.length === 0) throw new Error(`no server is called ${wanted}; there are: all, ${serverKeys.join(', ')}`);
  for (const key of chosen) console.log(await describe(key));
}

async function describe(key: ServerKey): Promise<string> {
  const definition = servers[key];
  const resolved = await resolveServer(definition, (sentence) => console.error(`${key}: ${sentence}`));
  const { version, origin, standIn } = resolved.report;
  const place = resolved.kind === 'url' ? resolved.url : resolved.installation.command(definition.program).file;
  return [key, version, place, origin, standIn].filter((part) => part !== undefined).join('\t');
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
