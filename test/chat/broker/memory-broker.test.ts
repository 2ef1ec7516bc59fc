import { createMemoryBroker } from '../../../runtime/chat/broker/memory-broker';
import { describeBroker } from './broker-suite';

describe('the broker in memory', () => describeBroker(() => createMemoryBroker()));
