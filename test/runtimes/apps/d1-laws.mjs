// A Worker that runs the laws of a store on its D1 database: `/` counts them, `/N` runs one.
import { drizzle } from 'drizzle-orm/d1'
import { sqliteStore } from 'zession/stores/sqlite'
import { storeLaws } from 'zession/testing'

let tables = 0

function lawsOn(database) {
  const laws = []
  storeLaws(
    (name, run) => void laws.push({ name, run }),
    async () => {
      const table = `sessions_${Date.now()}_${tables++}`
      // No connection is kept: every call is a request of its own, as from another Worker.
      const open = () => sqliteStore({ db: drizzle(database), table, initTable: true })
      return { store: open(), second: async () => open(), reopen: async () => open(), dispose: async () => undefined }
    },
    {
      exempt: [
        {
          reason: 'workerd has no processor time, by which these laws tell their own work from that of others',
          laws: [
            'collectGarbage of many records lets a timer fire meanwhile',
            'scan of many records lets a timer fire meanwhile',
            'bySubject of many records lets a timer fire meanwhile',
          ],
        },
        {
          reason: 'a Worker starts no processes',
          laws: [
            'four processes of 250 increments by compare-and-set each add up to a thousand',
            'of a hundred parallel takes in four processes one gets the flash',
          ],
        },
      ],
    },
  )
  return laws
}

export default {
  async fetch(request, { DB }) {
    const laws = lawsOn(DB)
    const law = laws[Number(new URL(request.url).pathname.slice(1) || -1)]
    if (!law) return Response.json(laws.map(({ name }) => name))
    return law.run().then(
      () => new Response('kept'),
      (error) => new Response(`${error?.message}\n${error?.stack}`),
    )
  },
}
