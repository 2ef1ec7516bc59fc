import type { Entry } from './broker';

/** `<epoch> <offset> <json>`: one text for the log, the outbox and the channel; readable without parsing the JSON. */
export function parseEntry(text: string): Entry {
  const afterEpoch = text.indexOf(' ');
  const afterOffset = text.indexOf(' ', afterEpoch + 1);
  return {
    epoch: text.slice(0, afterEpoch),
    offset: Number(text.slice(afterEpoch + 1, afterOffset)),
    json: text.slice(afterOffset + 1),
  };
}

export function formatEntry({ epoch, offset, json }: Entry): string {
  return `${epoch} ${offset} ${json}`;
}
