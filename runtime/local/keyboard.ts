/** Calls `onKey` for each single key while a person sits at the terminal. Returns what puts the terminal back. */
export function listenToKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.on('data', onKey);
  stdin.resume();
  return () => {
    stdin.off('data', onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** Ctrl-C, which a raw terminal sends as a character instead of a signal. */
export const controlC = '\u0003';
