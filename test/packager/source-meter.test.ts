import { SourceMeter } from '../../runtime/packager/health/source-meter';

/** Three seconds at 25 frames a second, a key frame each second; sound with every frame, `leadMs` ahead of it. */
function broadcast(leadMs: number): SourceMeter {
  const meter = new SourceMeter();
  for (let frame = 0; frame < 75; frame += 1) {
    meter.frame(frame * 40, 5_000, frame % 25 === 0);
    meter.sound(frame * 40 + leadMs);
  }
  return meter;
}

test('frame rate, bit rate and key frames are those of the source’s own clock', () => {
  const meter = broadcast(0);
  expect(meter.frameRate).toBeCloseTo(25);
  expect(meter.kbps).toBeCloseTo((75 * 5_000 * 8) / 2.96 / 1_000);
  expect(meter.keyFrameSeconds).toBe(1);
});

test.each([0, 300, -120])('sound that comes %i ms ahead of the picture is said so', (leadMs) => {
  expect(broadcast(leadMs).soundLeadSeconds).toBe(leadMs / 1_000);
});

test('without a picture there is no offset', () => {
  const meter = new SourceMeter();
  meter.sound(1_000);
  expect(meter.soundLeadSeconds).toBe(0);
});
