// One HTTP request of the chaos tests, and what is recorded of it.
import { request } from 'node:http'
import { policies } from './perform.mjs'

/** @type {import('./client.mjs').send} */
export function send({ agent, port, entries, now }) {
  const [{ n, def, op }] = entries
  const [, also] = entries.map((entry) => ({ n: entry.n, def: entry.def, op: entry.op }))
  const path = `/op?q=${encodeURIComponent(JSON.stringify({ n, def, op, also }))}`
  return new Promise((resolve) => {
    let late
    const lost = () => {
      clearTimeout(late)
      // Nobody knows what the server has done, or does still.
      for (const entry of entries) if (entry.outcome === 'pending') entry.outcome = 'unknown'
      resolve(entries)
    }
    const start = now()
    for (const entry of entries) entry.start = start
    const sending = request({ agent, host: '127.0.0.1', port, path, headers: headersOf(entries) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('error', lost)
      response.on('close', () => {
        if (!response.complete) return lost()
        clearTimeout(late)
        const end = now()
        const reports = reportsOf(text)
        for (const [i, entry] of entries.entries()) {
          if (entry.outcome !== 'pending') continue
          Object.assign(entry, { end, outcome: 'answered', status: response.statusCode, report: reports[i] ?? {} })
          Object.assign(entry, idsOf(entry.def, response.headers))
        }
        resolve(entries)
      })
    })
    sending.on('error', lost)
    if (op.abort !== undefined) late = setTimeout(() => sending.destroy(), op.abort)
    sending.end()
  })
}

function headersOf(entries) {
  const headers = {}
  for (const { def, sent } of entries) {
    if (sent === null) continue
    const { header } = policies[def]
    if (header) headers[header] = sent
    else headers.cookie = [headers.cookie, `${def}=${sent}`].filter(Boolean).join('; ')
  }
  return headers
}

/** What the handlers tell, of each entry; nothing where an error is in their place. */
function reportsOf(text) {
  let body
  try {
    body = JSON.parse(text)
  } catch {
    return []
  }
  const { also, ...first } = isReport(body?.data) ? body.data : (body ?? {})
  return [first, also].map((report) => (isReport(report) ? report : {}))
}

function isReport(value) {
  return value?.seen !== undefined || value?.revoked !== undefined
}

function idsOf(def, headers) {
  const { header } = policies[def]
  if (header) return { cookies: headers[header] === undefined ? [] : [headers[header]], ages: [] }
  const lines = (headers['set-cookie'] ?? []).filter((line) => line.startsWith(`${def}=`))
  const ages = lines.map((line) => {
    const [, age] = /; Max-Age=(\d+)/i.exec(line) ?? []
    return age === undefined ? null : Number(age)
  })
  return { cookies: lines.map((line) => line.slice(def.length + 1).split(';')[0]), ages }
}
