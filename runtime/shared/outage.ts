const codes =
  // The socket and the resolver.
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/**
 * SQLSTATE (PostgreSQL manual, appendix A): connection exceptions, shutdown and start-up, too many connections,
 * statement cut off by its time limit, writer that has become a replica.
 */
const sqlStates = /^(08...|57P0[123]|53300|57014|25006)$/;

/** Error names of ioredis and the MongoDB driver. */
const names = /^(MaxRetriesPerRequestError|ClusterAllFailedError|Mongo(Network|ServerSelection|NotConnected)\w*Error)$/;

/** Messages of errors that carry neither code nor name of their own. */
const messages =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Connection is closed|Command timed out|Stream isn't writeable|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|None of startup nodes)/;

/** Whether an error says that a server is away or too slow, rather than that the request was wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return codes.test(code) || sqlStates.test(code) || names.test(error.name) || messages.test(error.message);
}
