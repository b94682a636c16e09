import { hashOfName } from '../codec/binary/key-names.js'
import type { AnyMigration } from '../schema/migrate.js'
import { definitionSnapshot } from '../schema/snapshot/definition.js'
import type { DefinitionSnapshot, ValueNode } from '../schema/snapshot/node.js'
import type { SessionSchema } from '../schema/types.js'
import { createSessionCookie } from '../session/transport/cookie.js'
import type { AnyLoaded } from './load.js'

/** A definition of an app as data. */
export function snapshotOf(definition: AnyLoaded): DefinitionSnapshot {
  const { options } = definition
  const { codec } = options
  const codecs =
    codec === undefined
      ? ['cbor']
      : (Array.isArray(codec) ? (codec as { name: string }[]) : [codec as { name: string }]).map(({ name }) => name)
  return definitionSnapshot({
    schema: definition.schema as SessionSchema,
    flash: options['flash'] as SessionSchema | undefined,
    version: (options['version'] as number | undefined) ?? 1,
    migrations: (options['migrations'] as readonly AnyMigration[] | undefined) ?? [],
    codecs,
    options: decisive(definition),
    hashOf: (name) => hashOfName(name).toString(16).padStart(4, '0'),
  })
}

/** The options that decide whether what is stored, or what a browser has, is still found. No secret is among them. */
function decisive({ name, options }: AnyLoaded): Record<string, ValueNode> {
  const { signIds, encrypt, transport, generateId, subject, maxRecordBytes, onNewerVersion, onInvalid } = options
  return {
    cookie: createSessionCookie(name, (options['cookie'] ?? {}) as never, true).name,
    transport: transport === undefined ? 'cookie' : 'own',
    signIds: signIds === true ? 'required' : signIds ? 'accepted until' : false,
    encrypt:
      encrypt === undefined || encrypt === false
        ? false
        : (encrypt as { acceptPlain?: Date }).acceptPlain
          ? 'accepted until'
          : 'required',
    generateId: generateId === undefined ? false : 'own',
    subject: subject === undefined ? false : typeof subject === 'string' ? subject : 'own',
    maxRecordBytes: (maxRecordBytes as number | undefined) ?? 1_048_576,
    onNewerVersion: (onNewerVersion as string | undefined) ?? 'carry',
    onInvalid: onInvalid === undefined ? 'hide-key' : typeof onInvalid === 'string' ? onInvalid : 'own',
  }
}
