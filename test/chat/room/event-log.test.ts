import { mostRecovered, type RoomEvent } from '../../../runtime/chat/protocol';
import { EventLog } from '../../../runtime/chat/room/event-log';

const user = (id: string) => ({ id, handle: id, role: 'viewer' as const });

class Script {
  readonly log = new EventLog();
  offset = 0;
  constructor(readonly epoch = 'e1') {}

  add(event: object): this {
    this.offset += 1;
    const whole = { offset: this.offset, at: 0, ...event } as RoomEvent;
    this.log.append({ epoch: this.epoch, offset: this.offset, json: JSON.stringify(whole) }, whole);
    return this;
  }

  say(author: string, text: string): this {
    return this.add({ type: 'message', user: user(author), text });
  }

  get here() {
    return { epoch: this.epoch, offset: this.offset };
  }
}

const texts = (events: readonly string[]) =>
  events
    .map((json) => JSON.parse(json) as RoomEvent)
    .map((event) => (event.type === 'message' ? event.text : event.type));

describe('the event log', () => {
  it('gives exactly the events after a position, or nothing', () => {
    const { log } = new Script().say('a', '1').say('a', '2').say('a', '3');
    expect(texts(log.between('e1', 1, 3) ?? [])).toEqual(['2', '3']);
    expect(log.between('e1', 3, 3)).toEqual([]);
    expect(log.between('e0', 1, 3)).toBeUndefined();
  });

  it('refuses a position whose next event is no longer kept', () => {
    const script = new Script();
    for (let n = 0; n < mostRecovered + 5; n += 1) script.say('a', `${n}`);
    expect(script.log.between('e1', 5, script.offset)).toHaveLength(mostRecovered);
    expect(script.log.between('e1', 4, script.offset)).toBeUndefined();
  });

  it('replaces a deleted message by a tombstone', () => {
    const script = new Script().say('a', 'rude').say('b', 'fine').add({ type: 'deleted', messageId: 'e1.1', by: 'm' });
    const [first] = script.log.newest(10, script.here);
    expect(JSON.parse(first ?? '')).toMatchObject({ offset: 1, text: '', deleted: true, user: { id: 'a' } });
    expect(script.log.authorOf('e1.1')).toBeUndefined();
    expect(script.log.authorOf('e1.2')).toBe('b');
  });

  it('replaces all earlier messages of who is sanctioned', () => {
    const script = new Script().say('a', '1').say('b', '2').say('a', '3').add({ type: 'sanctioned', userId: 'a' });
    script.say('a', '4');
    expect(texts(script.log.newest(10, script.here))).toEqual(['', '2', '', 'sanctioned', '4']);
  });

  it('names the epoch of events from before a failover', () => {
    const before = new Script('old').say('a', '1');
    const event: RoomEvent = { offset: 2, at: 0, type: 'message', user: user('a'), text: '2' };
    before.log.append({ epoch: 'new', offset: 2, json: JSON.stringify(event) }, event);
    const events = before.log.newest(10, { epoch: 'new', offset: 2 }).map((json) => JSON.parse(json) as RoomEvent);
    expect(events.map(({ epoch, offset }) => [epoch, offset])).toEqual([
      ['old', 1],
      [undefined, 2],
    ]);
  });
});
