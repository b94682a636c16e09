import type { Agent } from 'node:http'
import type { Entry } from './checker.mjs'

/**
 * Sends a request and completes its entries; never rejects.
 * @param options `entries`: one, or two for a request that uses two definitions
 */
export declare function send(options: {
  agent: Agent
  port: number
  entries: readonly Entry[]
  now: () => number
}): Promise<readonly Entry[]>
