import definition from '../session'

export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  const userId = session.get('userId')
  const ended = userId === undefined ? 0 : await definition.subjects.revoke(userId, { except: session })
  return answer(event, '/login', { ended })
})
