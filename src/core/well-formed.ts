/**
 * Whether a text is well-formed Unicode. A lone surrogate has no UTF-8 form: every one is encoded as the same replacement
 * character, so that two different texts become one where they are hashed or written.
 */
export function isWellFormed(text: string): boolean {
  // Missing from the library types of ES2023; in every Node this package runs on.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
