import { expect } from 'vitest'
import type { FakeClock } from '../../../../src/testing/fake-clock.js'

interface Client {
  readonly cookie: string
  request(handler: () => void): Promise<unknown>
}

/** Uses a session with `rotateEvery: 600` until its id is replaced; gives the old cookie. */
export async function rotated(client: Client, clock: FakeClock): Promise<string> {
  const before = client.cookie
  clock.advance(600)
  await client.request(() => {})
  expect(client.cookie).not.toBe(before)
  return before
}
