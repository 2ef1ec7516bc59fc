import { type Repetition, repeat } from '../shared/repeat';

export interface CaptionerOptions {
  readonly baseUrl: string;
  readonly streamKey: string;
  readonly language: string;
  readonly onLine: (line: string) => void;
}

const everyMs = 5_000;

/** Captions the test pattern: says what time it is, as speech recognition beside an encoder would say what it hears. */
export function startCaptioner({ baseUrl, streamKey, language, onLine }: CaptionerOptions): Repetition {
  const say = async () => {
    const startMs = Date.now();
    const text = `Test pattern and tone, ${new Date(startMs).toISOString().slice(11, 19)} UTC`;
    const answer = await fetch(`${baseUrl}/api/stream/captions`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${streamKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ language, cues: [{ startMs, endMs: startMs + everyMs, text }] }),
    });
    // Until its broadcast is live, it is refused.
    if (!answer.ok) onLine(`captions: ${answer.status} ${await answer.text()}`);
  };
  return repeat(() => say().catch((error: unknown) => onLine(`captions: ${String(error)}`)), everyMs);
}
