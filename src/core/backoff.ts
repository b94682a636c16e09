import { pause } from './timers.js'

/**
 * Waits before another attempt: a random time below a limit that doubles with each attempt, so that those who have collided do
 * not meet again.
 * @param attempt how many there have been
 * @param longestMs where the limit ends
 */
export function backoff(attempt: number, longestMs: number): Promise<void> {
  return pause(Math.random() * Math.min(longestMs, 2 ** attempt))
}
