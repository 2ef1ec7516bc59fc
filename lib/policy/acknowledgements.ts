import type { Acknowledgement } from './acknowledgement';

/** Every finding that stays, in one place. A test fails on one that no longer fires in any tier and region. */
export const acknowledgements: readonly Acknowledgement[] = [];
