import { SessionConfigError } from '../core/errors.js'
import type { Transform } from './port.js'

/** What a transform may be called: the name is written into every record. */
export const TRANSFORM_NAME = /^[a-z0-9-]{1,32}$/

const MAX_TRANSFORMS = 16

/**
 * Checks the transforms of a definition, in the order in which they are applied.
 * @throws SessionConfigError for too many, a bad name, a name twice, or compression after sealing
 */
export function assertTransforms(transforms: readonly Transform[]): void {
  const names = transforms.map((transform) => transform.name)
  if (names.length > MAX_TRANSFORMS)
    throw new SessionConfigError(
      `\`transforms\` lists ${names.length} transforms; a record can name ${MAX_TRANSFORMS}.`,
    )
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || !TRANSFORM_NAME.test(name))
      throw new SessionConfigError(
        `A transform is called ${JSON.stringify(name)}; a name is 1 to 32 characters of a-z 0-9 -.`,
      )
    if (names.indexOf(name) < index)
      throw new SessionConfigError(`\`transforms\` lists \`${name}\` twice. List each transform once.`)
  }
  if (isCompressedAfterSealing(names))
    throw new SessionConfigError(
      '`transforms` compresses after sealing, and sealed bytes do not shrink. Put `compress()` before `seal()`.',
    )
}

/** Never written, so a record that says so was put together by somebody else. */
export function isCompressedAfterSealing(names: readonly string[]): boolean {
  const sealed = names.indexOf('seal')
  return sealed >= 0 && names.indexOf('deflate') > sealed
}
