import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { RequestSessions } from '../../../src/edge/request-sessions.js'
import { webResponse } from '../../../src/edge/response.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { storeAround } from '../../support/store-around.js'

const OURS = /\/src\/(edge|session)\/|new Promise/

it('a plain write passes at most 12 frames from the edge to the store', async () => {
  const limit = Error.stackTraceLimit
  let stack = ''
  const store = storeAround(memoryStore(), (call, run) => {
    Error.stackTraceLimit = 100
    if (call === 'update') stack = String(new Error('here').stack)
    Error.stackTraceLimit = limit
    return run()
  })
  const definition = defineSession(z.object({ n: z.number().optional() }), { store, cookie: { secure: false } })
  const headers = new Headers()

  async function request(n: number): Promise<void> {
    const cookie = headers.getSetCookie()[0]?.split(';')[0]
    const sessions = new RequestSessions()
    const session = await sessions.use(definition, { header: () => cookie })
    session.set('n', n)
    await sessions.commit(
      200,
      webResponse(() => [headers]),
    )
  }

  await request(1)
  await request(2)
  const frames = stack.split('\n').filter((line) => OURS.test(line))
  const edge = frames.findIndex((line) => line.includes('RequestSessions.commit'))
  expect(edge, stack).toBeGreaterThan(0)
  expect(frames.slice(0, edge + 1).length, stack).toBeLessThanOrEqual(12)
})
