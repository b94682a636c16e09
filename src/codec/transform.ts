/** What a transform may be called: the name is written into every record. */
export const TRANSFORM_NAME = /^[a-z0-9-]{1,32}$/

/** Never written, so a record that says so was put together by somebody else. */
export function isCompressedAfterSealing(names: readonly string[]): boolean {
  const sealed = names.indexOf('seal')
  return sealed >= 0 && names.indexOf('deflate') > sealed
}
