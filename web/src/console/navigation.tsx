import { createContext, type MouseEvent, type ReactNode, useContext, useEffect, useState } from 'react'

interface Navigation {
  path: string
  go: (path: string) => void
}

const NavigationContext = createContext<Navigation>({ path: '/', go: () => {} })

/** The page's path as state: links change it without loading the page again, and so do Back and Forward. */
export function NavigationProvider({ children }: { children: ReactNode }) {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const onPopState = () => setPath(location.pathname)
    addEventListener('popstate', onPopState)
    return () => removeEventListener('popstate', onPopState)
  }, [])
  const go = (next: string) => {
    history.pushState(null, '', next)
    setPath(location.pathname)
    scrollTo(0, 0)
  }
  return <NavigationContext value={{ path, go }}>{children}</NavigationContext>
}

export function useNavigation(): Navigation {
  return useContext(NavigationContext)
}

interface LinkProps {
  to: string
  className?: string
  /** Paths below which the link's subject lies. */
  within?: string
  children: ReactNode
}

export function Link({ to, className, within, children }: LinkProps) {
  const { path, go } = useNavigation()
  const isWithin = within !== undefined && path.startsWith(within)
  const current = path === to ? 'page' : isWithin ? 'true' : undefined
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={to} className={className} aria-current={current} onClick={follow}>
      {children}
    </a>
  )
}
