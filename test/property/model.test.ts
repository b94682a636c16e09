import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient, type TestClient } from '../../src/testing/test-client.js'

const schema = z.object({ name: z.string().optional(), n: z.number().int().default(0), when: z.date().optional() })
const flash = z.object({ note: z.string(), list: z.array(z.number()) })
const IDLE = 100
const MAX_AGE = 1000

interface Model {
  data: { name?: string; n?: number; when?: Date }
  flash: { note?: string; list?: number[] }
  exists: boolean
  idleUntil: number
  absoluteUntil: number
}
interface Real {
  client: TestClient<typeof schema, typeof flash>
  clock: FakeClock
}
type Handler = Parameters<Real['client']['request']>[0]
type Handle = Parameters<Handler>[0]

/** One request: what it does, what it means for the model, and how it ends. */
class Request implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly label: string,
    readonly status: number,
    readonly act: (session: Handle) => void | Promise<void>,
    readonly deferred: (model: Model) => void,
    readonly immediate: (model: Model, now: number) => void = () => {},
  ) {}
  check = () => true
  toString = () => `${this.label} -> ${this.status}`

  async run(model: Model, { client, clock }: Real): Promise<void> {
    const now = clock()
    if (model.exists && now >= Math.min(model.idleUntil, model.absoluteUntil)) reset(model)
    await client.request(
      async (session) => {
        expect(session.isNew).toBe(!model.exists)
        expect(session.data).toEqual({ n: 0, ...model.data })
        expect(session.flash.peek('note')).toEqual(model.flash.note)
        expect(session.flash.peek('list')).toEqual(model.flash.list)
        await this.act(session)
      },
      { status: this.status },
    )
    const existed = model.exists
    this.immediate(model, now)
    if (this.status < 500) this.deferred(model)
    if (!existed && Object.keys(model.data).length + Object.keys(model.flash).length > 0) {
      model.exists = true
      model.absoluteUntil = now + MAX_AGE * 1000
    }
    if (model.exists && this.status < 500) model.idleUntil = now + IDLE * 1000
  }
}

class Advance implements fc.AsyncCommand<Model, Real> {
  constructor(readonly seconds: number) {}
  check = () => true
  toString = () => `advance ${this.seconds} s`
  async run(_: Model, { clock }: Real): Promise<void> {
    clock.advance(this.seconds)
  }
}

function reset(model: Model): void {
  Object.assign(model, { data: {}, flash: {}, exists: false })
}

const status = fc.constantFrom(200, 200, 303, 404, 500)
const request = (label: string, act: Request['act'], deferred: Request['deferred'], immediate?: Request['immediate']) =>
  status.map((code) => new Request(label, code, act, deferred, immediate))

const commands = [
  fc.integer({ min: 1, max: 120 }).map((seconds) => new Advance(seconds)),
  request(
    'read',
    () => {},
    () => {},
  ),
  fc.tuple(fc.string(), status).map(
    ([v, code]) =>
      new Request(
        `set name ${JSON.stringify(v)}`,
        code,
        (s) => s.set('name', v),
        (m) => void (m.data.name = v),
      ),
  ),
  fc.tuple(fc.date({ noInvalidDate: true }), status).map(
    ([v, code]) =>
      new Request(
        'set when',
        code,
        (s) => s.set('when', v),
        (m) => void (m.data.when = v),
      ),
  ),
  request(
    'increment',
    (s) => s.update('n', (n) => n + 1),
    (m) => void (m.data.n = (m.data.n ?? 0) + 1),
  ),
  request(
    'delete n',
    (s) => void s.delete('n'),
    (m) => void delete m.data.n,
  ),
  request(
    'clear',
    (s) => s.clear(),
    (m) => Object.assign(m, { data: {}, flash: {} }),
  ),
  request(
    'flash.set',
    (s) => s.flash.set('note', 'hi'),
    (m) => void (m.flash.note = 'hi'),
  ),
  request(
    'flash.add',
    (s) => s.flash.add('list', 1),
    (m) => void (m.flash.list = [...(m.flash.list ?? []), 1]),
  ),
  request(
    'flash.take',
    async (s) => void (await s.flash.take('list')),
    (m) => void delete m.flash.list,
  ),
  request(
    'regenerate',
    (s) => s.regenerate(),
    () => {},
    (m, now) => {
      if (!m.exists) return
      m.absoluteUntil = now + MAX_AGE * 1000
      m.idleUntil = now + IDLE * 1000
    },
  ),
  request(
    'destroy',
    (s) => s.destroy(),
    () => {},
    (m) => reset(m),
  ),
]

it('random requests on a manual clock agree with a plain model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (run) => {
      const clock = fakeClock()
      const definition = defineSession(schema, {
        flash,
        clock,
        idleTimeout: IDLE,
        maxAge: MAX_AGE,
        touchAfter: 0,
        cookie: { secure: false },
      })
      const model: Model = { data: {}, flash: {}, exists: false, idleUntil: 0, absoluteUntil: 0 }
      await fc.asyncModelRun(() => ({ model, real: { client: createTestClient(definition), clock } }), run)
    }),
    { numRuns: 400 },
  )
})
