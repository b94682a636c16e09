export default defineEventHandler(async (event) => {
  const session = await useSession(event, 'basket')
  session.update('items', (items) => [...items, 'apple'])
  return answer(event, '/second', { count: session.get('items').length })
})
