import { parseStoryboard, type StoryboardCue } from '../../../../shared/storyboard';

/** The storyboard lies beside the playlist that plays. */
export function storyboardUrl(playlistUrl: string): string {
  return new URL('thumbnails/storyboard.vtt', new URL(playlistUrl, document.baseURI)).href;
}

/** None when there is no storyboard. */
export async function loadStoryboard(url: string, withCredentials: boolean): Promise<readonly StoryboardCue[]> {
  try {
    const answer = await fetch(url, { credentials: withCredentials ? 'include' : 'same-origin' });
    return answer.ok ? parseStoryboard(await answer.text()) : [];
  } catch {
    return [];
  }
}
