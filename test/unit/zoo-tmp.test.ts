import { it } from 'vitest'
import * as z from 'zod'
import { editsBetween, worst } from '../../src/schema/edits/edits.js'
import { ZOO } from '../support/schema-zoo.js'
import { readerOf, snapshotOf, storedBy } from '../support/schema-truth.js'
it('zoo', () => {
  const t0 = Date.now(); let ta=0, tb=0
  const sn=performance.now(); for (const s of Object.values(ZOO)) snapshotOf(z.object({k:s})); console.log('snapshots', performance.now()-sn); const all = Object.entries(ZOO).map(([name, schema]) => ({ name, snap: snapshotOf(z.object({ k: schema })), stored: storedBy(schema, [], undefined, 25), read: readerOf(schema) }))
  console.log('prepared', Date.now() - t0, all.filter(x => x.stored.length === 0).map(x => x.name))
  const count: any = {}; let shown=0
  for (const a of all) for (const b of all) {
    const s1=performance.now(); const edits = editsBetween(a.snap, b.snap); ta+=performance.now()-s1
    const verdict = worst(edits.map(e => e.forward))
    const t = b.read(a.stored)
    const real = t.refused.length ? 'breaking' : t.changed.length ? 'lossy' : 'safe'
    count[verdict+'/'+real] = (count[verdict+'/'+real] ?? 0) + 1
    const bad = (verdict==='safe' && real!=='safe') || (verdict==='lossy' && real==='breaking') || (verdict==='breaking' && real !== 'breaking' && a.stored.length>0)
    const why = edits.filter(e=>e.forward!=='safe').map(e=>e.path+' '+e.reason).join('|')
    if (bad && !/hash/.test(why) && !/default/.test(b.name) && shown++<100) console.log(verdict, real, a.name, '=>', b.name, t.refused[0], t.changed[0], edits.filter(e=>e.forward!=='safe').map(e=>e.path+' '+e.reason).join('|').slice(0,150))
    if (verdict==='undecided' && real==='safe' && process.env['UND'] && shown++<250) console.log('UND', a.name,'=>',b.name, edits.filter(e=>e.forward!=='safe').map(e=>e.path+' '+e.reason).join('|').slice(0,120))
  }
  console.log('edits ms', ta); console.log(count, Date.now() - t0)
}, 600000)
