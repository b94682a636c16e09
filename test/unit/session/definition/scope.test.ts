import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { countingStore } from '../../../support/counting-store.js'

const schema = z.object({ n: z.number().default(0) })
const request = { header: () => undefined }
const nowhere = { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }

function define(name: string, fails = false) {
  const { store, calls } = countingStore(memoryStore(), async () => {
    if (fails) throw new Error('down')
  })
  return { definition: defineSession(schema, { name, store, cookie: { secure: false } }), calls }
}

describe('the sessions of one request', () => {
  it('M012 G4 one handle for one definition', async () => {
    const scope = new RequestSessions()
    const { definition: a } = define('a')
    const { definition: b } = define('b')
    expect(await scope.use(a, request)).toBe(await scope.use(a, request))
    expect(await scope.use(a, request)).not.toBe(await scope.use(b, request))
  })

  it('M011 M080 all are committed together; one that fails does not take the others with it', async () => {
    const scope = new RequestSessions()
    const cookies: string[] = []
    const response = {
      setHeader() {},
      setDefault() {},
      vary() {},
      setCookie: (name: string) => void cookies.push(name),
    }
    for (const { definition } of [define('one'), define('two', true), define('three')]) {
      const session = await scope.use(definition, request)
      session.set('n', 1)
    }
    await expect(scope.commit(200, response)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', status: 503 })
    expect(cookies).toEqual(['one', 'three'])
  })

  it('a second commit does nothing', async () => {
    const scope = new RequestSessions()
    const { definition, calls } = define('one')
    const session = await scope.use(definition, request)
    session.set('n', 1)
    await Promise.all([scope.commit(200, nowhere), scope.commit(500, nowhere)])
    expect(calls).toEqual(['create'])
  })

  it('J13 a session first used after the commit refuses writes', async () => {
    const scope = new RequestSessions()
    await scope.commit(200, nowhere)
    const session = await scope.use(define('one').definition, request)
    expect(session.get('n')).toBe(0)
    expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_HEADERS_SENT' }))
  })

  it('a use that the handler did not await is committed too', async () => {
    const scope = new RequestSessions()
    const { definition, calls } = define('one')
    void scope.use(definition, request).then((session) => session.set('n', 1))
    await scope.commit(200, nowhere)
    expect(calls).toEqual(['create'])
  })
})
