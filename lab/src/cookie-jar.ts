/** Cookies of one origin, by path (RFC 6265 §5.1.4). */
export class CookieJar {
  #cookies = new Map<string, { path: string; pair: string }>()

  take(setCookies: string[]): void {
    for (const setCookie of setCookies) {
      const [pair = '', ...attributes] = setCookie.split(/; ?/)
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/'
      const key = `${pair.slice(0, pair.indexOf('='))} ${path}`
      if (/expires=Thu, 01 Jan 1970/i.test(setCookie)) this.#cookies.delete(key)
      else this.#cookies.set(key, { path, pair })
    }
  }

  forPath(pathname: string): string {
    return [...this.#cookies.values()]
      .filter(({ path }) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
      .map(({ pair }) => pair)
      .join('; ')
  }
}
