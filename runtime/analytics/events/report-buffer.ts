import type { PlayerReport } from './event-store';

/** Reports that wait to be stored. Bounded: when the store is slow the oldest give way, and are counted. */
export class ReportBuffer {
  private reports: PlayerReport[] = [];

  constructor(
    private readonly capacity: number,
    private readonly onDropped: (count: number) => void,
  ) {}

  /** How full it is, 0 to 1. */
  get fill(): number {
    return this.reports.length / this.capacity;
  }

  get length(): number {
    return this.reports.length;
  }

  add(reports: readonly PlayerReport[]): void {
    this.reports.push(...reports);
    this.shorten();
  }

  /** Takes the oldest out. */
  take(most: number): PlayerReport[] {
    return this.reports.splice(0, most);
  }

  /** Puts back what could not be stored, as the oldest. */
  putBack(reports: readonly PlayerReport[]): void {
    this.reports = [...reports, ...this.reports];
    this.shorten();
  }

  private shorten(): void {
    const excess = this.reports.length - this.capacity;
    if (excess <= 0) return;
    this.reports.splice(0, excess);
    this.onDropped(excess);
  }
}
