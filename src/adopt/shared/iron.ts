import { createCipheriv, createDecipheriv, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { UnreadableRecordError } from '../../core/errors.js'
import { test } from '../../core/options/rule.js'
import { sameText } from './signed.js'

/** A password, or passwords by their ids. */
export type IronPassword = string | Readonly<Record<string, string>>

export const ironPasswordRule =
  test<IronPassword>('a password of 32 characters or more, or several by their ids', (value) => {
    const all = typeof value === 'string' ? [value] : Object.values(Object(value) as object)
    return all.length > 0 && all.every((password) => typeof password === 'string' && password.length >= 32)
  })

/** What a seal held. */
export interface Unsealed {
  readonly text: string
  /** The signature: no other seal has it. */
  readonly tag: string
  /** In milliseconds since the Unix epoch; undefined for one without an end. */
  readonly expiresAt: number | undefined
}

/** Prefix, password id, salt, initial vector, values, end, salt of the signature, signature. */
const SEAL = /^Fe26\.2\*(\w*)\*([0-9a-f]+)\*([\w-]+)\*([\w-]+)\*(\d{0,15})\*([0-9a-f]+)\*([\w-]{43})$/
/** How far the clocks of two servers may differ, as these libraries have it. In milliseconds. */
const SKEW = 60_000

const derive = promisify(pbkdf2)

/**
 * Opens a seal of the form Fe26.2, as @hapi/iron and its descendants write it: AES-256-CBC, then HMAC-SHA256, with keys from
 * PBKDF2. Nothing for what these passwords have not sealed, and for what has expired.
 * @param rounds how often PBKDF2 may have run; the seal does not say it
 * @throws UnreadableRecordError when it is signed and cannot be decrypted
 */
export async function unseal(
  seal: string,
  password: IronPassword,
  rounds: readonly number[],
  now: number,
): Promise<Unsealed | undefined> {
  const parts = SEAL.exec(seal) as readonly string[] | null
  if (!parts) return undefined
  const [, id = '', salt = '', iv = '', sealed = '', end = '', tagSalt = '', tag = ''] = parts
  const expiresAt = end === '' ? undefined : Number(end)
  if (expiresAt !== undefined && expiresAt <= now - SKEW) return undefined
  const secret = typeof password === 'string' ? password : ownOf(password, id || 'default')
  if (secret === undefined) return undefined
  const signed = seal.slice(0, seal.length - tag.length - tagSalt.length - 2)
  for (const count of rounds) {
    const tagKey = await derive(secret, tagSalt, count, 32, 'sha1')
    if (!sameText(createHmac('sha256', tagKey).update(signed).digest('base64url'), tag)) continue
    const key = await derive(secret, salt, count, 32, 'sha1')
    return { text: decrypted(key, iv, sealed), tag, expiresAt }
  }
  return undefined
}

/** Seals a text as iron does with its defaults, where PBKDF2 runs once. @param expiresAt in milliseconds since the Unix epoch */
export async function seal(
  text: string,
  [id, secret]: readonly [id: string, secret: string],
  expiresAt: number,
): Promise<string> {
  const [salt, tagSalt] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  const [key, tagKey] = await Promise.all([derive(secret, salt, 1, 32, 'sha1'), derive(secret, tagSalt, 1, 32, 'sha1')])
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64url')
  const signed = `Fe26.2*${id}*${salt}*${iv.toString('base64url')}*${sealed}*${Math.floor(expiresAt)}*${tagSalt}`
  const beforeTag = signed.slice(0, -tagSalt.length - 1)
  return `${signed}*${createHmac('sha256', tagKey).update(beforeTag).digest('base64url')}`
}

function decrypted(key: Buffer, iv: string, sealed: string): string {
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'base64url'))
    return decipher.update(sealed, 'base64url', 'utf8') + decipher.final('utf8')
  } catch (cause) {
    throw new UnreadableRecordError('A sealed cookie is authentic, but cannot be decrypted.', { cause })
  }
}

function ownOf(passwords: Readonly<Record<string, string>>, id: string): string | undefined {
  return Object.hasOwn(passwords, id) ? passwords[id] : undefined
}
