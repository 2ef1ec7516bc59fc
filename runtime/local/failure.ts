/** Something a person can put right: the message says what happened and how. Shown without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}
