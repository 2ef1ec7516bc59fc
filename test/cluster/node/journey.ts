import WebSocket from 'ws';
import { connectChat, type WebSocketConstructor } from '../../../runtime/chat/client/client';
import { poll } from '../../../runtime/local/poll';

/** A visitor's way through the paths: a page, an account, a channel, and a word in its chat. */

interface SignedIn {
  readonly accessToken: string;
}

export async function loadPage(base: string): Promise<string> {
  const response = await fetch(`${base}/`);
  const text = await response.text();
  if (response.status !== 200 || !text.includes('<div id=')) throw new Error(`the page answered ${response.status}`);
  const script = text.match(/\/assets\/[\w.-]+\.js/)?.[0];
  if (script === undefined) throw new Error('the page names no script');
  const asset = await fetch(`${base}${script}`);
  if (asset.status !== 200) throw new Error(`${script} answered ${asset.status}`);
  return `${text.length} bytes of HTML and ${(await asset.arrayBuffer()).byteLength} of script`;
}

/** Two people in one room: what one says the other hears. */
export async function chatRoundTrip(base: string): Promise<string> {
  const owner = await signUp(base, 'owner');
  const viewer = await signUp(base, 'viewer');
  await call(base, '/api/stream/channels', owner, { handle: 'verify', title: 'Verification' });
  const { id: streamId } = await call<{ id: string }>(base, '/api/stream/channels/verify/streams', owner, {
    title: 'Now',
  });
  const heard: string[] = [];
  const connect = ({ accessToken }: SignedIn) =>
    connectChat({
      baseUrl: base,
      streamId,
      accessToken: async () => accessToken,
      webSocket: WebSocket as unknown as WebSocketConstructor,
      onEvents: (events) => heard.push(...events.map((event) => JSON.stringify(event))),
    });
  const speaking = connect(owner);
  const listening = connect(viewer);
  try {
    await poll(async () => stateIs(listening.state, 'open'), { what: 'the chat opening', deadlineMs: 30_000 });
    await poll(async () => stateIs(speaking.state, 'open'), { what: 'the chat opening', deadlineMs: 30_000 });
    const begun = Date.now();
    await speaking.publish('hello from the other side of the Ingress');
    await poll(
      async () => {
        const copies = heard.filter((event) => event.includes('other side of the Ingress')).length;
        if (copies < 2) throw new Error(`${copies} of 2 heard it`);
      },
      { what: 'the message arriving', deadlineMs: 15_000 },
    );
    return `a message in ${Date.now() - begun} ms, in a room of stream ${streamId}`;
  } finally {
    speaking.close();
    listening.close();
  }
}

async function stateIs(state: string, wanted: string): Promise<void> {
  if (state !== wanted) throw new Error(`it is ${state}`);
}

function signUp(base: string, handle: string): Promise<SignedIn> {
  const password = 'correct horse battery staple';
  return call(base, '/api/auth/signup', undefined, { email: `${handle}@example.com`, handle, password });
}

async function call<T>(base: string, path: string, user: SignedIn | undefined, body: object): Promise<T> {
  const response = await fetch(`${base}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-headend-client': 'verify',
      ...(user && { authorization: `Bearer ${user.accessToken}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
