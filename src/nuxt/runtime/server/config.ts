import { useRuntimeConfig } from '#imports'
import { needs } from '#zession/definitions'
import { SessionConfigError } from '../../../core/errors.js'
import { createKeyring } from '../../../core/keyring.js'
import { describeShape } from '../../../core/shape.js'
import { isObject } from '../../../core/value.js'

const VARIABLES = { secrets: 'NUXT_ZESSION_SECRETS', storeUrl: 'NUXT_ZESSION_STORE_URL' } as const
const DEVELOPMENT_SECRET = 'for nuxt dev alone: every app has it'

/**
 * The secrets of the run-time config, newest first: `NUXT_ZESSION_SECRETS`, separated by commas. Under `nuxt dev` there is one if
 * none is set.
 * @throws SessionConfigError when there is none, or a weak one
 */
export function sessionSecrets(): readonly string[] {
  const list = textOf('secrets')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
  if (list.length > 0) return checked(list)
  if (import.meta.dev) return [DEVELOPMENT_SECRET]
  throw missing('secrets', 'one or more secrets of at least 32 characters, separated by commas, the newest first')
}

/** Where the store is, by the run-time config: `NUXT_ZESSION_STORE_URL`. @throws SessionConfigError when it is not set, or no address */
export function sessionStoreUrl(): string {
  const url = textOf('storeUrl')
  if (url === '') throw missing('storeUrl', 'the address of the store, as in redis://localhost:6379')
  if (URL.canParse(url)) return url
  throw new SessionConfigError(
    `${VARIABLES.storeUrl} (runtimeConfig.zession.storeUrl) is no address of a store. Write one as in redis://localhost:6379.`,
  )
}

/** What the definitions use, and what is set. @throws SessionConfigError naming the variable */
export function assertConfig(): void {
  if (textOf('secrets') !== '' || needs.includes('secrets')) sessionSecrets()
  if (textOf('storeUrl') !== '' || needs.includes('storeUrl')) sessionStoreUrl()
}

function textOf(key: keyof typeof VARIABLES): string {
  const config: unknown = useRuntimeConfig().zession
  const value = isObject(config) ? config[key] : undefined
  if (value === undefined || value === '') return ''
  // Nitro reads a variable that looks like JSON as such.
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new SessionConfigError(
    `${VARIABLES[key]} (runtimeConfig.zession.${key}) must be a text, and is ${describeShape(value)}.`,
  )
}

function checked(secrets: readonly string[]): readonly string[] {
  try {
    createKeyring(secrets)
    return secrets
  } catch (error) {
    if (!(error instanceof SessionConfigError)) throw error
    throw new SessionConfigError(`${VARIABLES.secrets} (runtimeConfig.zession.secrets): ${error.message}`)
  }
}

function missing(key: keyof typeof VARIABLES, what: string): SessionConfigError {
  return new SessionConfigError(
    `${VARIABLES[key]} is not set. A definition in server/ uses it: set it to ${what}, in the environment of this server.`,
  )
}
