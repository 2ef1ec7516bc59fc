/** The peer broke the protocol or a bound of ours. The message is safe to log: it never quotes what was received. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
