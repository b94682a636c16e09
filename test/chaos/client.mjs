// One HTTP request of the chaos tests, and what is recorded of it.
import { request } from 'node:http'

/** @type {import('./client.mjs').send} */
export function send({ agent, port, entry, now }) {
  const { n, def, op, sent } = entry
  const headers = sent === null ? {} : { cookie: `${def}=${sent}` }
  const path = `/op?q=${encodeURIComponent(JSON.stringify({ n, def, op }))}`
  return new Promise((resolve) => {
    let late
    const lost = () => {
      clearTimeout(late)
      // Nobody knows what the server has done, or does still.
      if (entry.outcome === 'pending') entry.outcome = 'unknown'
      resolve(entry)
    }
    entry.start = now()
    const sending = request({ agent, host: '127.0.0.1', port, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('error', lost)
      response.on('close', () => {
        if (!response.complete) return lost()
        clearTimeout(late)
        if (entry.outcome !== 'pending') return resolve(entry)
        entry.end = now()
        const lines = response.headers['set-cookie'] ?? []
        Object.assign(entry, answerOf(def, response.statusCode, text, lines))
        resolve(entry)
      })
    })
    sending.on('error', lost)
    if (op.abort !== undefined) late = setTimeout(() => sending.destroy(), op.abort)
    sending.end()
  })
}

function answerOf(def, status, text, lines) {
  let body
  try {
    body = JSON.parse(text)
  } catch {
    body = {}
  }
  const report = body.data?.seen || body.data?.revoked !== undefined ? body.data : body
  const cookies = lines
    .filter((line) => line.startsWith(`${def}=`))
    .map((line) => line.slice(def.length + 1).split(';')[0])
  return { outcome: 'answered', status, report: report.seen || report.revoked !== undefined ? report : {}, cookies }
}
