// `node --import` it: from then on `h3` is h3 v2, as in the projects of those who copy an example. Here `h3` is v1.
import { register } from 'node:module'

const hook = `export const resolve = (specifier, context, next) => next(specifier === 'h3' ? 'h3-v2' : specifier, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
