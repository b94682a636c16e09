import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const definition = defineSession(
  z.object({
    userId: z.number().optional(),
    id: z.string().optional(),
    then: z.string().optional(),
    tags: z.array(z.string()).default([]),
  }),
  { store: memoryStore(), flash: z.object({ notice: z.string() }) },
)
// Functions made of text are sloppy, as old CommonJS modules are.
const sloppy = (code: string) => runInThisContext(`(function (session) { ${code} })`) as (session: unknown) => void
const strict = (code: string) =>
  runInThisContext(`(function (session) { 'use strict'; ${code} })`) as (session: unknown) => void

describe('an assignment to a handle, which would store nothing', () => {
  it.each([
    ['session.userId = 3', /`session\.userId = \.\.\.` stores nothing\. Call session\.set\("userId", value\)/],
    ['session.then = "x"', /session\.set\("then"/],
    [
      'session.flash.notice = "x"',
      /`session\.flash\.notice = \.\.\.` stores nothing\. Call session\.flash\.set\("notice", value\)/,
    ],
  ])('throws in strict and in sloppy code: %s', async (code, said) => {
    await createTestClient(definition).request((session) => {
      for (const assign of [strict(code), sloppy(code)]) expect(() => assign(session)).toThrow(said)
      expect(session.changed).toBe(false)
    })
  })

  it.each([
    'session.id = "x"',
    'session.other = 1',
    'session.flash.other = 1',
    'session.data.userId = 1',
    'session.data.other = 1',
    'session.get = 1',
    'session.flash = 1',
    'session.get("tags").push("x")',
    'delete session.flash',
  ])('throws in strict code: %s', async (code) => {
    await createTestClient(definition).request((session) => {
      expect(() => strict(code)(session)).toThrow(TypeError)
      sloppy(`try { ${code} } catch {}`)(session)
      expect([session.changed, Object.keys(session.data)]).toEqual([false, ['tags']])
    })
  })

  it('leaves the handle as it was to everyone else', async () => {
    const { value } = await createTestClient(definition).request(async (session) => {
      // A key named `then` does not make it a promise.
      expect(await (session as unknown as Promise<unknown>)).toBe(session)
      session.set('userId', 3)
      return [session.get('userId'), Object.keys(session), (session as { userId?: number }).userId]
    })
    expect(value).toEqual([3, ['flash'], undefined])
  })
})
