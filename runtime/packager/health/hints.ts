export interface HintInput {
  /** Of the plan: why the picture is not passed on, what is missing. */
  readonly planned: readonly string[];
  readonly realTimeFactor: number;
  readonly lagSeconds: number;
  readonly uploadLagSeconds: number;
  readonly sourceFrameRate: number;
  readonly plannedFrameRate: number;
  /** Seconds of silence put in for missing audio since the run began. */
  readonly silenceSeconds: number;
  /** Milliseconds since the last picture arrived. */
  readonly sinceLastFrameMs: number;
}

/** What a broadcaster should know, most likely cause of trouble first. Pure. */
export function hintsFor(input: HintInput): readonly string[] {
  const hints: string[] = [];
  if (input.sinceLastFrameMs > 3_000) {
    hints.push('No picture has arrived for some seconds: check your connection to the internet.');
  } else if (input.plannedFrameRate > 0 && input.sourceFrameRate < input.plannedFrameRate * 0.85) {
    hints.push('Your encoder sends fewer frames than it announced: your computer or your connection is too slow.');
  }
  if (input.lagSeconds > 7 && input.realTimeFactor < 1) {
    hints.push('Our encoder does not keep up: viewers are further behind than usual.');
  }
  if (input.uploadLagSeconds > 5) hints.push('Our storage is slow: viewers are further behind than usual.');
  if (input.silenceSeconds > 0.5) hints.push('Your audio has holes: silence was put in.');
  return [...hints, ...input.planned];
}
