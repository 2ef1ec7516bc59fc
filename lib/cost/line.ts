import type { Price } from '../../runtime/shared/prices';

/** One line of the bill. */
export interface CostLine {
  readonly what: string;
  /** Fixed lines come every month; usage lines follow the audience. */
  readonly kind: 'fixed' | 'usage';
  readonly quantity: number;
  readonly unit: string;
  readonly usd: number;
  readonly confidence: Price['confidence'];
}

export const hoursPerMonth = 730;

/** A line from one price. */
export function line(kind: CostLine['kind'], what: string, quantity: number, price: Price, factor = 1): CostLine {
  return { what, kind, quantity, unit: price.per, usd: quantity * price.usd * factor, confidence: price.confidence };
}

/** A line that runs all month. */
export function monthly(what: string, count: number, price: Price, factor = 1): CostLine {
  return line('fixed', what, count * hoursPerMonth, price, factor);
}
