import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The Kubernetes API as administrator. Paths are those of the API reference. */
export class ApiClient {
  private readonly agent: Agent;

  constructor(
    readonly url: string,
    private readonly token: string,
    certificateAuthority: string,
  ) {
    this.agent = new Agent({ ca: readFileSync(certificateAuthority), keepAlive: true, maxSockets: 20 });
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path);
  }

  create<T>(path: string, body: object): Promise<T> {
    return this.call('POST', path, body);
  }

  /** JSON merge patch (RFC 7386). */
  merge<T>(path: string, body: object): Promise<T> {
    return this.call('PATCH', path, body, 'application/merge-patch+json');
  }

  delete<T>(path: string, body?: object): Promise<T> {
    return this.call('DELETE', path, body);
  }

  private call<T>(method: Method, path: string, body?: object, contentType = 'application/json'): Promise<T> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${this.token}`,
        'content-type': contentType,
        'content-length': Buffer.byteLength(payload),
      };
      const sent = request(`${this.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const answer = parsed(text);
          if (status < 300) resolve(answer as T);
          else reject(new ApiError(status, `${method} ${path}: ${status} ${answer?.message ?? text}`));
        });
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the server had just closed (Node's documentation of `reusedSocket`).
        if (sent.reusedSocket && error.code === 'ECONNRESET' && method !== 'POST') {
          this.call<T>(method, path, body, contentType).then(resolve, reject);
        } else reject(error);
      });
      sent.end(payload);
    });
  }
}

/** `undefined` for what is not JSON: a proxy's or a crashing server's words. */
function parsed(text: string): { readonly message?: string } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
