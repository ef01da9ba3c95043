// A small shop per account: the same on every machine and at every start, because nothing in it is random.
export interface Customer {
  id: string
  name: string
  email: string
  country: string
  created_at: string
  updated_at: string
}

export interface Order {
  id: string
  customer_id: string
  status: 'pending' | 'paid' | 'shipped' | 'returned'
  currency: string
  /** In the currency's minor unit (cents). */
  amount: number
  placed_at: string
  updated_at: string
}

export interface DemoData {
  customers: Customer[]
  orders: Order[]
}

const CUSTOMERS = 250
const ORDERS = 1000
const FIRST_DAY = Date.parse('2025-01-01T00:00:00Z')
const DAY = 24 * 60 * 60 * 1000

const GIVEN = ['Ada', 'Bela', 'Chidi', 'Dora', 'Emre', 'Fatou', 'Goran', 'Hana', 'Ines', 'Jun', 'Kofi', 'Léa', 'Mio']
const FAMILY = ['Adler', 'Baptiste', 'Čapek', 'Diaz', 'Eriksen', 'Fontana', 'Gupta', 'Haddad', 'Ito', "O'Neill", 'Sá']
const MARKETS = [
  ['DE', 'EUR'],
  ['FR', 'EUR'],
  ['GB', 'GBP'],
  ['JP', 'JPY'],
  ['BR', 'BRL'],
  ['US', 'USD'],
] as const
const STATUSES = ['pending', 'paid', 'shipped', 'returned'] as const

const shops = new Map<string, DemoData>()

/** 250 customers and 1,000 orders of an account, each list ordered by `updated_at`, then `id`. */
export function demoData(account_id: string): DemoData {
  let shop = shops.get(account_id)
  if (shop === undefined) {
    shop = makeShop(sequence(account_id))
    shops.set(account_id, shop)
  }
  return shop
}

function makeShop(next: () => number): DemoData {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T // next() is below 1
  const instant = (from: number, days: number) => Math.floor(from + next() * days * DAY)
  const iso = (epochMs: number) => new Date(epochMs).toISOString()

  const currencies = new Map<string, string>()
  const customers = Array.from({ length: CUSTOMERS }, (_, index): Customer => {
    const id = `cus_${String(index + 1).padStart(4, '0')}`
    const [given, family, [country, currency]] = [pick(GIVEN), pick(FAMILY), pick(MARKETS)]
    const created = instant(FIRST_DAY, 300)
    currencies.set(id, currency)
    return {
      id,
      name: `${given} ${family}`,
      email: `customer${index + 1}@shop.example`,
      country,
      created_at: iso(created),
      updated_at: iso(instant(created, 60)),
    }
  })
  const orders = Array.from({ length: ORDERS }, (_, index): Order => {
    const customer = pick(customers)
    const placed = instant(Date.parse(customer.created_at), 60)
    return {
      id: `ord_${String(index + 1).padStart(5, '0')}`,
      customer_id: customer.id,
      status: pick(STATUSES),
      currency: currencies.get(customer.id) ?? 'EUR',
      amount: 100 + Math.floor(next() * 50_000),
      placed_at: iso(placed),
      updated_at: iso(instant(placed, 14)),
    }
  })
  return { customers: customers.sort(byUpdate), orders: orders.sort(byUpdate) }
}

function byUpdate(a: { updated_at: string; id: string }, b: { updated_at: string; id: string }): number {
  return a.updated_at < b.updated_at || (a.updated_at === b.updated_at && a.id < b.id) ? -1 : 1
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function sequence(seed: string): () => number {
  let state = [...seed].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 16777619), 2166136261)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
