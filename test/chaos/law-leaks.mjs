// What servers print holds no id that a client was ever given, and no value of a session.
const RAW = 43
const RUN = /[\w-]{43,}/g
const HEX = /(?:[0-9a-f]{2} ?){16,}/g

/** @type {import('./checker.mjs').Law} */
export function checkLeaks(model, { count, violate }, { printed, canaries = [] }) {
  if (!printed) return
  const ids = new Map()
  for (const [id, { entry }] of model.issues) {
    count('leak')
    // A signature behind it is no secret.
    ids.set(id.slice(0, RAW), entry)
  }
  for (const line of printed) {
    for (const text of textsIn(line)) {
      if (canaries.some((canary) => text.includes(canary)))
        violate('leak', `a value is in the output of a server: ${around(line, canaries)}`, [])
      for (const [run] of text.matchAll(RUN)) {
        for (let at = 0; at + RAW <= run.length; at++) {
          const entry = ids.get(run.slice(at, at + RAW))
          if (entry) violate('leak', `an id is in the output of a server: ${around(line, [run])}`, [entry])
        }
      }
    }
  }
}

/** Whether a line is worth keeping for the check. */
export function isSuspicious(line, canaries) {
  return textsIn(line).some((text) => text.search(RUN) >= 0 || canaries.some((canary) => text.includes(canary)))
}

/** The line, and what its bytes say where it holds some. */
function textsIn(line) {
  return [
    line,
    ...[...line.matchAll(HEX)].map(([hex]) => Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1')),
  ]
}

function around(line, secrets) {
  let text = line
  for (const secret of secrets) text = text.replaceAll(secret, '***')
  return text.length > 300 ? `${text.slice(0, 300)} ...` : text
}
