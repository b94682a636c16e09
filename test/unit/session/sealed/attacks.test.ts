import { afterEach, describe, expect, it, vi } from 'vitest'
import { cookieSeal } from '../../../../src/codec/cookie-seal.js'
import { createKeyring } from '../../../../src/core/keyring.js'
import { cookieStore } from '../../../../src/stores/cookie.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { OTHER_SECRET, SECRET, setUp } from './sealed-kit.js'

const userOf = async (client: ReturnType<typeof setUp>['client'], cookie?: string) =>
  (await client.request((session) => session.get('userId'), cookie === undefined ? {} : { cookie })).value

async function loggedIn(...given: Parameters<typeof setUp>) {
  const kit = setUp(...given)
  await kit.client.request((session) => session.set('userId', 7))
  return { ...kit, value: kit.client.cookie.split('=')[1] ?? '' }
}

describe.each([{ encrypt: true }, { encrypt: false }])(
  'what is no cookie of the session opens nothing, encrypt: $encrypt',
  ({ encrypt }) => {
    it('a cookie that was changed in any byte, cut anywhere, or made longer', async () => {
      const { client, value } = await loggedIn({ encrypt })
      const bytes = Buffer.from(value, 'base64url')
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ (1 << (at % 8))
        expect(await userOf(client, `session=${changed.toString('base64url')}`)).toBeUndefined()
        expect(await userOf(client, `session=${bytes.subarray(0, at).toString('base64url')}`)).toBeUndefined()
      }
      for (const other of [`${value}A`, `A${value}`, `${value}=`, `2.${value}`, '', '.', '2.', value.toLowerCase()])
        expect(await userOf(client, `session=${other}`)).toBeUndefined()
      expect(await userOf(client)).toBe(7)
    })

    it('one of another definition, cookie, secret, purpose or format', async () => {
      const { client, value } = await loggedIn({ encrypt })
      const cookie = `session=${value}`
      for (const options of [{ name: 'admin', cookie: { name: 'session', secure: false } }, {}]) {
        const other = setUp({ encrypt, secrets: options.name ? SECRET : OTHER_SECRET }, options)
        expect(await userOf(other.client, cookie)).toBeUndefined()
      }
      const renamed = setUp({ encrypt }, { cookie: { name: 'sid', secure: false } })
      expect(await userOf(renamed.client, `sid=${value}`)).toBeUndefined()
      const downgraded = setUp({ encrypt: !encrypt })
      expect(await userOf(downgraded.client, cookie)).toBeUndefined()
      // The same key and place, for ids: a purpose of its own.
      const { id } = (await client.request((session) => ({ id: session.id }))).value
      expect(await userOf(client, `session=${id}`)).toBeUndefined()
    })

    it('one whose secret is gone; one of an older secret is sealed anew as it is read', async () => {
      const old = await loggedIn({ encrypt })
      const both = setUp({ encrypt, secrets: [OTHER_SECRET, SECRET] })
      const read = await both.client.request((session) => session.get('userId'), { cookie: old.client.cookie })
      expect(read.value).toBe(7)
      expect(read.setCookies).toHaveLength(1)
      const again = await both.client.request((session) => session.get('userId'))
      expect([again.value, again.setCookies]).toEqual([7, []])
      const alone = setUp({ encrypt, secrets: OTHER_SECRET })
      expect(await userOf(alone.client, old.client.cookie)).toBeUndefined()
      expect(await userOf(alone.client, both.client.cookie)).toBe(7)
    })

    it('shows its values to the client only when it is signed alone', async () => {
      const { client } = setUp({ encrypt })
      await client.request((session) => session.set('text', 'for-the-client-to-read'))
      const bytes = Buffer.from(client.cookie.split('=')[1] ?? '', 'base64url').toString('latin1')
      expect(bytes.includes('for-the-client-to-read')).toBe(!encrypt)
    })
  },
)

describe('a session in its cookie', () => {
  it('is not opened by a server whose clock has passed its end, and by one that is behind', async () => {
    const { client, clock } = await loggedIn({}, { idleTimeout: 600 })
    clock.advance(-3600)
    expect(await userOf(client)).toBe(7)
    clock.advance(3600 + 600)
    expect(await userOf(client)).toBeUndefined()
  })

  it('is found behind cookies of the same name that somebody has tossed in', async () => {
    const { client, value } = await loggedIn()
    const stranger = await loggedIn({ secrets: OTHER_SECRET })
    const tossed = ['session=x', `session=${stranger.value}`, `session=${value.slice(1)}`]
    expect(await userOf(client, [...tossed, `session=${value}`].join('; '))).toBe(7)
  })

  it('is not unpacked beyond `maxRecordBytes`, whoever has sealed it (a compression bomb)', async () => {
    const large = setUp({ compress: true }, { maxRecordBytes: 8 * 2 ** 20 })
    await large.client.request((session) => session.assign({ userId: 7, text: 'x'.repeat(2 * 2 ** 20) }))
    expect(large.client.cookie.length).toBeLessThan(4096)
    expect(await userOf(large.client)).toBe(7)
    const heard: object[] = []
    const { client } = setUp({ compress: true }, { hooks: { invalid: (event: object) => heard.push(event) } })
    expect(await userOf(client, large.client.cookie)).toBeUndefined()
    expect(heard).toHaveLength(1)
  })

  it('is told to the `invalid` hook when it does not open, with neither id nor value', async () => {
    const heard: object[] = []
    const { client } = setUp({}, { hooks: { invalid: (event: object) => heard.push(event) } })
    await userOf(client, 'session=AQIDBAUGBwgJCgsMDQ4PEA')
    expect(heard).toMatchObject([{ session: 'session', ref: undefined, keys: [] }])
  })

  it('seals the same session differently each time, with one key', () => {
    const seal = cookieSeal(() => createKeyring(SECRET), { definition: 'a', cookie: 'b' }, 'encrypted')
    const texts = new Set(Array.from({ length: 1000 }, () => seal.seal(Buffer.from('same'))))
    expect(texts.size).toBe(1000)
    for (const text of texts) expect(seal.lengthOf(4)).toBe(text.length)
  })

  it('does not let the name of a definition flow into that of its cookie', () => {
    const ring = () => createKeyring(SECRET)
    const one = cookieSeal(ring, { definition: 'ab', cookie: 'c' }, 'encrypted')
    expect(
      cookieSeal(ring, { definition: 'a', cookie: 'bc' }, 'encrypted').open(one.seal(Buffer.from('x'))),
    ).toBeUndefined()
  })
})

describe('a session that is too large for its cookie', () => {
  it('is refused before it is sent, naming the largest keys, counted with name and attributes', async () => {
    const { client } = setUp()
    const save = (length: number) =>
      client
        .request((session) => session.assign({ text: 'x'.repeat(length), cart: ['a'] }))
        .catch((error: unknown) => error)
    const refused = await save(9000)
    expect(refused).toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(String(refused)).toMatch(/Largest keys: text \(9\d{3}\), cart/)
    expect(client.cookie).toBe('')
    let largest = 0
    for (let length = 2000; length < 4000; length += 1) {
      const { setCookies } = (await save(length)) as { setCookies?: readonly string[] }
      if (setCookies === undefined) break
      largest = Math.max(largest, ...setCookies.map((line) => line.length))
    }
    expect(largest).toBeGreaterThan(4080)
    expect(largest).toBeLessThanOrEqual(4096)
  })

  it('goes into several cookies where it may, all or none of which open it', async () => {
    const { client } = setUp({ chunks: 3 })
    const text = 'x'.repeat(7000)
    const { setCookies } = await client.request((session) => session.assign({ userId: 7, text }))
    expect(setCookies).toHaveLength(3)
    for (const line of setCookies) expect(line.length).toBeLessThanOrEqual(4096)
    expect((await client.request((session) => session.get('text'))).value).toBe(text)
    const whole = client.cookie
    const pieces = whole.split('; ')
    for (let gone = 0; gone < pieces.length; gone++)
      expect(await userOf(client, pieces.filter((_, i) => i !== gone).join('; '))).toBeUndefined()
    await client.request((session) => session.set('text', 'y'.repeat(7000)))
    const next = client.cookie.split('; ')
    for (let swapped = 0; swapped < pieces.length; swapped++)
      expect(
        await userOf(client, pieces.map((piece, i) => (i === swapped ? next[i] : piece)).join('; ')),
      ).toBeUndefined()
    expect(await userOf(client, [...pieces].reverse().join('; '))).toBe(7)
    // Smaller again: the pieces that are not needed go.
    const small = await client.request((session) => session.set('text', 'z'))
    expect(small.setCookies.filter((line) => line.includes('Max-Age=0'))).toHaveLength(2)
    expect(client.cookie.split('; ')).toHaveLength(1)
    await client.request((session) => session.set('text', text))
    const logout = await client.request((session) => session.destroy())
    expect(logout.setCookies).toHaveLength(3)
    expect(client.cookie).toBe('')
  })

  it('is compressed where that is asked for', async () => {
    const { client } = setUp({ compress: true })
    await client.request((session) => session.set('text', 'x'.repeat(9000)))
    expect(client.cookie.length).toBeLessThan(1000)
    expect((await client.request((session) => session.get('text'))).value).toHaveLength(9000)
  })
})

describe('what does not go with cookieStore()', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each([
    { signIds: true, secrets: SECRET },
    { rotateEvery: 60 },
    { encrypt: true, secrets: SECRET },
    { subject: 'userId' },
    { subject: 'userId', maxPerSubject: 2 },
    { transport: { read: () => undefined, write() {}, clear() {} } },
  ])('%o is refused when the session is defined', (options) => {
    expect(() => setUp({}, options)).toThrow(/cookieStore/)
  })

  it('needs secrets, its own or those of the definition', async () => {
    expect(() => setUp({}, { store: cookieStore() })).toThrow(/secrets/)
    const { client } = setUp({}, { store: cookieStore(), secrets: SECRET })
    await client.request((session) => session.set('userId', 7))
    expect(await userOf(client)).toBe(7)
    expect(() => cookieStore({ secrets: 'short' })).toThrow(/32/)
  })

  it('cannot be listed, nor ended from outside without revocations', async () => {
    const { definition } = setUp()
    await expect(definition.destroyAll()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(definition.destroyById('A'.repeat(43))).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(definition.scan()[Symbol.asyncIterator]().next()).rejects.toThrow(/live in their cookies/)
  })

  it('several named sessions live side by side in one request, each with its own cookie', async () => {
    const one = setUp({}, { name: 'one' })
    const two = createTestClient(one.definition.with({ name: 'two' }))
    await one.client.request((session) => session.set('userId', 1))
    await two.request((session) => session.set('userId', 2))
    const both = `${one.client.cookie}; ${two.cookie}`
    expect(await userOf(one.client, both)).toBe(1)
    expect((await two.request((session) => session.get('userId'), { cookie: both })).value).toBe(2)
  })
})
