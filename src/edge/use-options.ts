import { flag, group } from '../core/options/rule.js'

/** How a request wants a session. */
export interface UseOptions {
  /**
   * Waits for other requests that lock the same session, and makes them wait until this response is committed, at most 30
   * seconds. For handlers that must not run twice at a time; without it no change is lost either. @default false
   */
  readonly lock?: boolean
}

export const useRule = group<UseOptions>({ lock: flag })
