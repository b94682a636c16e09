import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, generateSecret, memoryStore } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({ text: z.string().optional() })
const read = async (definition: Parameters<typeof createTestClient<typeof schema, undefined>>[0], cookie: string) =>
  (await createTestClient(definition).request((s) => s.get('text'), { cookie })).value

describe('encoding, keys and encryption', () => {
  it('M104 M107 ids are signed, and both keys of a rotation are read', async () => {
    const store = memoryStore()
    const [older, newer] = [generateSecret(), generateSecret()]
    const at = (secrets: string[]) => defineSession(schema, { store, secrets, signIds: true })
    const client = createTestClient(at([older]))
    await client.request((s) => s.set('text', 'x'))
    expect(await read(at([newer, older]), client.cookie)).toBe('x')
    expect(await read(at([newer]), client.cookie)).toBeUndefined()
  })

  it('M105 G5 encryption is authenticated and covers the whole record; there is no signed-only form', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, secrets: generateSecret(), encrypt: true })
    const client = createTestClient(definition)
    await client.request((s) => s.set('text', 'a value nobody may read'))
    for await (const { key, record } of store.scan('')) {
      expect(Buffer.from(record.bytes).includes('a value nobody may read')).toBe(false)
      for (let i = 0; i < record.bytes.length; i++) {
        const bytes = Uint8Array.from(record.bytes, (byte, at) => (at === i ? byte ^ 1 : byte))
        await store.update(key, { ...record, bytes }, record.revision)
        const seen = await read(definition, client.cookie).catch((error: { code: string }) => error.code)
        expect([undefined, 'ERR_SESSION_MISDEPLOY'], `byte ${i}`).toContain(seen)
      }
      await store.update(key, record, record.revision)
    }
    expect(await read(definition, client.cookie)).toBe('a value nobody may read')
  })

  it('M108 a record over maxRecordBytes is refused by name before it is sent anywhere', async () => {
    const client = createTestClient(defineSession(schema, { store: memoryStore(), maxRecordBytes: 4096 }))
    await expect(client.request((s) => s.set('text', 'x'.repeat(5000)))).rejects.toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
      message: expect.stringContaining('text') as string,
    })
    expect(client.cookie).toBe('')
  })

  it('M110 signatures are compared in constant time', () => {
    const source = readFileSync(new URL('../../../src/session/transport/signing.ts', import.meta.url), 'utf8')
    expect(source).toContain('timingSafeEqual(signature(')
    expect(source).not.toMatch(/(\btag|signature\([^)]*\))\s*[!=]==?\s*(tag|signature)/)
  })

  it('M119 a cookie of securecookie is no session: the visitor gets a new one and no error', async () => {
    const gorilla =
      'MTcwMDAwMDAwMHxEdi1CQkFFQ180SUFBUkFCRUFBQUpQLUNBQUVHYzNSeWFXNW5EQVVBQTJadmJ3WnpkSEpwYm1jTUJRQURZbUZ5fGJhc2U2NC1tYWMtaGVyZQ=='
    const definition = defineSession(schema, { store: memoryStore() })
    expect(await read(definition, `session=${gorilla}`)).toBeUndefined()
  })
})
