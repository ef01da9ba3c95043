// Where a person wanted to go when they were asked to sign in. The identity provider and the one-time link come back at
// the console's first page; this tab remembers the one before.
const NAME = 'after_sign_in'
const PLACE = /^\/console\/(login\/[\w-]+|device)$/

/** Remembers the page that the person is on, if it is one to come back to. */
export function rememberPlace(): void {
  if (!PLACE.test(location.pathname)) return
  sessionStorage.setItem(NAME, location.pathname + location.search)
}

/** Goes there, once. */
export function returnToPlace(): void {
  const place = sessionStorage.getItem(NAME)
  sessionStorage.removeItem(NAME)
  if (place !== null && location.pathname === '/') history.replaceState(null, '', place)
}
