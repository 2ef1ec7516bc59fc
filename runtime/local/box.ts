import type { ReadyFile } from './ready-file';

/** What a person needs once everything runs. */
export function describeRun(ready: ReadyFile, logs: string, interactive: boolean): string {
  const { baseUrl, rtmpUrl, whipUrl, account, streamKey, channelHandle, servers } = ready;
  const rows = [
    ['Open', baseUrl],
    ['Watch', `${baseUrl}/c/${channelHandle}`],
    ['Sign in', `${account.email}  ${account.password}`],
    ['RTMP server', rtmpUrl],
    ['WHIP server', whipUrl],
    ['Stream key', streamKey],
    ['Logs', logs],
  ];
  const origins = servers.flatMap(({ name, version, origin, standIn }) => [
    [name, `${version}  ${origin}`],
    ...(standIn === undefined ? [] : [['', `a stand-in: ${standIn}`]]),
  ]);
  const keys = interactive
    ? 'o open · p test pattern on/off · v 50 viewers more · d pause Redis for 10 s · q quit'
    : 'Ctrl-C ends everything';
  return frame([...table(rows), '', ...table(origins), '', keys]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`);
}

function frame(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const bar = '─'.repeat(width + 2);
  return [`┌${bar}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${bar}┘`].join('\n');
}
