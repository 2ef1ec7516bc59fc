import { PolicyBoard, startChatPod } from '../../chat/support/chat-pod';

/** A chat pod in a process of its own, so that it can be killed. Its arguments: JSON servers, room, pod name. */
const [servers = '', room = '', podName = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const board = new PolicyBoard();
  board.set(room);
  const pod = await startChatPod(JSON.parse(servers), board, { podName });
  process.send?.({ url: pod.url });
}

void main();
