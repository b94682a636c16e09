import * as h3v1 from 'h3'
import type { H3EventLike } from '../../src/h3/index.js'
import { asV1, sleep } from './harness.js'

/** Any call of a store that is not there. */
export const down = () => {
  throw new Error('connection refused')
}

/** Of Set-Cookie lines, sorted. */
export const names = (cookies: readonly string[]) => cookies.map((line) => line.split('=')[0]).toSorted()

/** Over node h3 v1 sets the status before it calls `onError`, in a web handler it does not. */
export function sendV1(event: H3EventLike, status: number, text: string) {
  h3v1.setResponseStatus(asV1(event), status)
  return h3v1.send(asV1(event), text)
}

/** A request that never ends fails the test with a word instead of by its time limit. */
export function inTime<T>(reply: Promise<T>): Promise<T> {
  return Promise.race([
    reply,
    sleep(60_000).then((): never => {
      throw new Error('the request hangs')
    }),
  ])
}
