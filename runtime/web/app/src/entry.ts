import { preloadHls } from './player/hls-player';
import { askEarly } from './watched';

/** The first script of every page: what a watch page waits for longest is on its way before the page itself is. */
if (location.pathname.startsWith('/watch/')) {
  askEarly(location);
  preloadHls();
}
void import('./main');
