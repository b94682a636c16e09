import assert from 'node:assert/strict'

/** Asserts that a law which is exempted fails: one that is kept needs no exemption. */
export async function assertBroken(name: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run()
  } catch {
    return
  }
  assert.fail(`The law "${name}" is kept: remove its exemption.`)
}
