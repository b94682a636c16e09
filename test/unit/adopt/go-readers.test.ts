import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { flamegoSession, goSessions, scs } from '../../../src/adopt/go-stores.js'
import { gorillaSessions } from '../../../src/adopt/gorilla.js'
import type { SessionReader } from '../../../src/session/transport/adopt-port.js'
import samples from './securecookie-samples.json' with { type: 'json' }

const hash = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
const block = 'fedcba9876543210fedcba9876543210'
const keys = [{ hash, block }]
const writtenAt = Number(Buffer.from(samples.CookieStore, 'base64url').toString('latin1').split('|')[0]) * 1000
const month = 2_592_000_000
const folder = await mkdtemp(join(tmpdir(), 'gorilla-'))
await writeFile(join(folder, samples['FilesystemStore file name']), samples['FilesystemStore file'])
afterAll(() => rm(folder, { recursive: true }))

const values = { userId: 7, cart: ['pear'], _flash: ['Welcome'] }

async function read(reader: SessionReader, text: string, now = writtenAt) {
  const found = await reader.find({ now, header: () => undefined, cookie: () => [text] })
  const contents = await found?.load()
  return found && contents && { id: found.id, ...contents }
}

describe('gorilla/sessions', () => {
  const cookies = gorillaSessions({ name: 'app', keys })
  const files = gorillaSessions({ name: 'app', keys, folder })

  it('a CookieStore, as what its keys have signed and until its age', async () => {
    expect(await read(cookies, samples.CookieStore)).toStrictEqual({
      id: expect.any(String),
      values,
      expiresAt: writtenAt + month,
    })
    expect(await read(cookies, samples.CookieStore, writtenAt + month + 1000)).toBeUndefined()
    expect(await read(gorillaSessions({ name: 'other', keys }), samples.CookieStore)).toBeUndefined()
  })

  it('of which unencrypted cookies have no name, since two visitors may have the same', async () => {
    const found = await read(gorillaSessions({ name: 'session', keys: [{ hash }] }), samples.signed)
    expect(found).toMatchObject({ values: { userId: 7 } })
    expect(found?.id).toBeUndefined()
  })

  it('a FilesystemStore, by the id in the cookie, and ends it', async () => {
    const found = await read(files, samples['FilesystemStore cookie'])
    expect(found?.values).toStrictEqual(values)
    expect(`session_${found?.id}`).toBe(samples['FilesystemStore file name'])
    await found?.end?.()
    expect(await readdir(folder)).toStrictEqual([])
    expect(await read(files, samples['FilesystemStore cookie'])).toBeUndefined()
  })

  it('what was changed in any byte, or cut short, is nothing', async () => {
    const text = samples.CookieStore.replace(/=+$/, '')
    for (let at = 0; at < text.length; at++) {
      const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
      for (const other of [flipped, text.slice(0, at)]) {
        const found = await read(cookies, other)
        if (found) expect(found.values).toStrictEqual(values)
        expect(found === undefined || at > text.length - 2).toBe(true)
      }
    }
  })
})

describe('libraries with a store', () => {
  const gob = Buffer.from(samples.scs, 'base64')
  const token = 'k'.repeat(43)
  const deadline = Date.parse('2026-12-01T12:00:00Z')
  const ended: string[] = []
  const storeOf = (bytes: Uint8Array | string) => ({
    read: async (id: string) => (id === token ? bytes : null),
    end: (id: string) => void ended.push(id),
  })

  it('scs: the values and the deadline, until it is over', async () => {
    const reader = scs(storeOf(gob))
    const found = await read(reader, token, deadline - 1)
    expect(found).toMatchObject({ id: token, values: { userId: 7, name: 'Ann' }, expiresAt: deadline })
    await found?.end?.()
    expect(ended).toStrictEqual([token])
    expect(await read(reader, token, deadline)).toBeUndefined()
  })

  it('flamego/session: a gob map', async () => {
    // What a Go app has stored for session.Data{"user": "Ann"}.
    const map = decodedSample()
    expect((await read(flamegoSession(storeOf(map)), token))?.values).toStrictEqual({ user: 'Ann' })
  })

  it('go-sessions: JSON', async () => {
    expect((await read(goSessions(storeOf('{"userId":7,"cart":["pear"]}')), token))?.values).toStrictEqual({
      userId: 7,
      cart: ['pear'],
    })
  })

  it.each([
    ['scs', scs],
    ['flamego', flamegoSession],
    ['go-sessions', goSessions],
  ])('%s: an id that is none reaches no store, and bytes that are none are a stated failure', async (_, make) => {
    const asked: string[] = []
    const reader = make({ read: async (id) => void asked.push(id) })
    for (const text of ['', '../../etc/passwd', 'a b', 'x'.repeat(500), '\0'.repeat(43)]) await read(reader, text)
    expect(asked).toStrictEqual([])
    for (const bytes of [Buffer.alloc(0), Buffer.from([1, 2, 3]), gob.subarray(0, 20), Buffer.alloc(50, 255)])
      await expect(read(make(storeOf(bytes)), token)).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }),
      )
    expect(() => make({} as never)).toThrow('`read`')
  })
})

/** gob of a map with interfaces, in which a text lies: type 64, a map of texts to interfaces. */
function decodedSample(): Buffer {
  return Buffer.from('DX8EAQL/gAABDAEQAAAX/4AAAQR1c2VyBnN0cmluZwwFAANBbm4=', 'base64')
}
