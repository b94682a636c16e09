import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto'
import { MisdeployError, SessionConfigError, SessionError, UnreadableRecordError } from '../core/errors.js'
import { createKeyring, type DerivedKey, type Keyring, type Secrets } from '../core/keyring.js'
import { checkValue } from '../core/options/check.js'
import { test } from '../core/options/rule.js'
import { fillRandom } from '../core/random.js'
import { isAsyncFunction } from '../core/shape.js'
import { isThenable } from '../core/thenable.js'
import type { Transform, TransformContext } from './port.js'

/** `encrypt` of a definition says what each means. */
interface SealOptions {
  readonly acceptPlain?: Date
  readonly holder?: boolean
}

const secretsRule = test<
  Secrets | Keyring | (() => Secrets | Keyring)
>('a secret, a list of them, or a function that returns them', (value) =>
  typeof value === 'string' ||
  (typeof value === 'function' && !isAsyncFunction(value)) ||
  (typeof value === 'object' && value !== null && !isThenable(value)))

/**
 * Encrypts and authenticates records (AES-256-GCM): whoever reads the store learns no value, and whoever writes to it can
 * neither change a record nor pass one off as another session's. The first secret writes, all read.
 * @param secrets text of at least 32 characters, a list (newest first), a key ring, or a function called on first use
 * @throws SessionConfigError for weak secrets, at once or on first use
 */
export function seal(secrets: Secrets | Keyring | (() => Secrets | Keyring), options: SealOptions = {}): Transform {
  checkValue('The argument of `seal()`', secretsRule, secrets)
  const { acceptPlain, holder = false } = options
  const plainUntil = acceptPlain?.getTime() ?? Number.NEGATIVE_INFINITY
  let keyring = typeof secrets === 'function' ? undefined : toKeyring(secrets)
  // A purpose each, so that the key id tells how a record was sealed, and switching `holder` needs no switch-over.
  const keysFor = (forHolder: boolean) => {
    keyring ??= toKeyring(askFor(secrets))
    return keyring.derive(forHolder ? 'seal holder' : 'seal')
  }
  return Object.freeze({
    name: 'seal',
    required: (now: number) => now >= plainUntil,
    apply: (bytes: Uint8Array, context: TransformContext) => close(keysFor(holder)[0], bytes, context, holder),
    undo(bytes: Uint8Array, context: TransformContext) {
      if (bytes.length < OVERHEAD) throw new RangeError('sealed bytes are cut short')
      for (const forHolder of [false, true]) {
        const match = keysFor(forHolder).find(({ id }) => id.every((byte, i) => byte === bytes[i]))
        if (match) return open(match, bytes, context, forHolder)
      }
      throw new MisdeployError(
        `A record of session \`${context.name}\` was sealed with none of the secrets this app has. Put the secret that was removed back at the end of the list, until the records it sealed have expired.`,
      )
    },
  })
}

const CIPHER = 'aes-256-gcm'
const KEY_ID = 4
const NONCE = 12
const TAG = 16
const OVERHEAD = KEY_ID + NONCE + TAG

function close({ id, key }: DerivedKey, bytes: Uint8Array, context: TransformContext, forHolder: boolean): Uint8Array {
  const out = new Uint8Array(OVERHEAD + bytes.length)
  out.set(id)
  const nonce = out.subarray(KEY_ID, KEY_ID + NONCE)
  fillRandom(nonce)
  const cipher = createCipheriv(CIPHER, recordKey(key, context, forHolder), nonce, { authTagLength: TAG })
  cipher.setAAD(bound(context.header, context.name, context.key))
  out.set(cipher.update(bytes), KEY_ID + NONCE)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - TAG)
  return out
}

function open({ key }: DerivedKey, bytes: Uint8Array, context: TransformContext, forHolder: boolean): Uint8Array {
  if (forHolder && context.id === '')
    throw new UnreadableRecordError(
      `A record of session \`${context.name}\` is sealed for the holder of its cookie (\`encrypt: { holder }\`): it cannot be read without the session id.`,
    )
  const end = bytes.length - TAG
  const nonce = bytes.subarray(KEY_ID, KEY_ID + NONCE)
  const decipher = createDecipheriv(CIPHER, recordKey(key, context, forHolder), nonce, { authTagLength: TAG })
  decipher.setAAD(bound(context.header, context.name, context.key))
  decipher.setAuthTag(bytes.subarray(end))
  const opened = decipher.update(bytes.subarray(KEY_ID + NONCE, end))
  // Throws unless the tag fits: nothing of `opened` may be looked at before.
  decipher.final()
  return opened
}

/**
 * A key for each record. Random nonces of 96 bits repeat after some 2^32 uses of one key, which a busy site reaches; of one
 * record's key there are never that many.
 */
function recordKey(key: KeyObject, { name, key: storeKey, id }: TransformContext, forHolder: boolean): Buffer {
  if (forHolder) {
    if (id === '') throw new SessionConfigError('A record is sealed for its holder, but no session id is known.')
    return mac(key, bound(name, storeKey, id))
  }
  let recent = recentKeys.get(key)
  if (!recent) recentKeys.set(key, (recent = new Map()))
  const place = `${name}\0${storeKey}`
  let own = recent.get(place)
  if (!own) {
    // All at once: what is used comes back.
    if (recent.size >= MAX_RECENT) recent.clear()
    recent.set(place, (own = mac(key, bound(name, storeKey))))
  }
  return own
}

/** Keys of records that were sealed or opened last: a session that is written is written again soon. */
const recentKeys = new WeakMap<KeyObject, Map<string, Buffer>>()
const MAX_RECENT = 1000

function mac(key: KeyObject, bytes: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes).digest()
}

/** The parts, each after its length in four bytes: no two lists of parts give the same bytes. */
function bound(...parts: readonly (string | Uint8Array)[]): Buffer {
  let size = 0
  for (const part of parts) size += LENGTH + Buffer.byteLength(part)
  const out = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    const length = Buffer.byteLength(part)
    at = out.writeUInt32BE(length, at)
    if (typeof part === 'string') out.write(part, at)
    else out.set(part, at)
    at += length
  }
  return out
}

const LENGTH = 4

function toKeyring(secrets: Secrets | Keyring): Keyring {
  const made = typeof secrets === 'object' && secrets !== null && 'derive' in secrets
  return made ? secrets : createKeyring(secrets)
}

/** Whatever goes wrong here is no damage to the record at hand. */
function askFor(secrets: unknown): Secrets | Keyring {
  try {
    return (secrets as () => Secrets | Keyring)()
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    throw new SessionConfigError('The function that gives `seal()` its secrets threw an error.', { cause })
  }
}
