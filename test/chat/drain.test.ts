import { type ChatPod, startChatPod, until, Visitor } from './support/chat-pod';
import { RawSocket, takeTicket } from './support/frames';
import { withTwoPods } from './support/servers';

jest.setTimeout(60_000);

describe('draining a pod', () => {
  const chat = withTwoPods();

  it('sends everyone to another pod, spread out, and nobody misses anything', async () => {
    chat.board.set('st_drain');
    const leaving: ChatPod = await startChatPod(chat, chat.board, { podName: 'chat-9' });
    let isDraining = false;
    const addressOf = () => (isDraining ? chat.url(0) : leaving.url);
    const openUrl = async () => {
      const base = addressOf();
      return new URL(await takeTicket(base, 'st_drain'), base.replace('http', 'ws')).href;
    };
    const visitors = Array.from({ length: 60 }, () => new Visitor(leaving.url, 'st_drain', undefined, { openUrl }));
    await until('all are in', () => visitors.every(({ client }) => client.state === 'open'));
    const writer = await chat.visit(1, 'st_drain', 'us_ann');
    await writer.client.publish('before');
    await until('all have read it', () => visitors.every(({ texts }) => texts.length === 1));

    isDraining = true;
    const drained = leaving.service.gateway.drain(1_000);
    await writer.client.publish('during');
    await drained;
    expect(leaving.service.gateway.size).toBe(0);
    await leaving.stop();
    await writer.client.publish('after');

    await until('all have read everything', () => visitors.every(({ texts }) => texts.length === 3), 10_000);
    for (const { texts, recoveries, closedBecause, client } of visitors) {
      expect(texts).toEqual(['before', 'during', 'after']);
      expect(recoveries).toEqual([false, true]);
      expect(closedBecause).toBe('');
      client.close();
    }
  });

  it('refuses new sockets meanwhile', async () => {
    chat.board.set('st_refuse');
    const leaving = await startChatPod(chat, chat.board, { podName: 'chat-9' });
    const draining = leaving.service.gateway.drain(200);
    const late = new RawSocket(`${leaving.url}/api/chat/ws?streamId=st_refuse`);
    await until('it is refused', () => late.refusedWith === 503);
    await draining;
    await leaving.stop();
  });
});
