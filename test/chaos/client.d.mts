import type { Agent } from 'node:http'
import type { Entry } from './checker.mjs'

/** Sends a request and completes its entry; never rejects. */
export declare function send(options: { agent: Agent; port: number; entry: Entry; now: () => number }): Promise<Entry>
