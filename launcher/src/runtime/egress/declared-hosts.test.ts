import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declareHosts } from './declared-hosts.ts'
import { readAuthority } from './destination.ts'

const reaches = (hosts: string[], ...authorities: string[]) => {
  const declared = declareHosts(hosts)
  return authorities.filter((authority) => {
    const read = readAuthority(authority)
    return read !== null && declared.refuse({ host: read.host, port: read.port ?? 443 }) === null
  })
}

test('a name is declared for itself alone, a suffix for all names below it, a port for no other', () => {
  const asked = ['api.acme.com', 'API.Acme.com.', 'api.acme.com:8443', 'x.api.acme.com', 'acme.com', 'evilapi.acme.com']
  assert.deepEqual(reaches(['api.acme.com'], ...asked), asked.slice(0, 3))
  assert.deepEqual(reaches(['API.acme.com.:8443'], ...asked), ['api.acme.com:8443'])
  for (const below of ['*.acme.com', '.acme.com']) {
    assert.deepEqual(
      reaches([below], 'acme.com', 'a.acme.com', 'a.b.acme.com', 'notacme.com', 'acme.com.evil.example'),
      ['a.acme.com', 'a.b.acme.com'],
    )
  }
  assert.deepEqual(reaches(['*.acme.com:443'], 'a.acme.com', 'a.acme.com:22'), ['a.acme.com'])
  assert.deepEqual(reaches(['exämple.com'], 'xn--exmple-cua.com'), ['xn--exmple-cua.com'])
})

test('an address is declared in whatever way it is written, and by no suffix', () => {
  const ways = ['10.0.0.7', '0x0a.7', '167772167', '012.0.0.7']
  assert.deepEqual(reaches(['10.0.0.7'], ...ways, '10.0.0.8'), ways)
  assert.deepEqual(reaches(['2001:DB8::7'], '[2001:db8:0::7]:443', '[2001:db8::8]'), ['[2001:db8:0::7]:443'])
  assert.deepEqual(reaches(['[2001:db8::7]:8443'], '[2001:db8::7]', '[2001:db8::7]:8443'), ['[2001:db8::7]:8443'])
})

test('what names no host is refused by its words, and so is an authority', () => {
  for (const entry of [
    'https://api.acme.com',
    'api.acme.com/v1',
    'user@acme.com',
    '',
    '*',
    '*.',
    'a b',
    'acme.com:',
    'acme.com:0',
    'acme.com:70000',
    '*.10.0.0.7',
    '*.7',
    '*.*.acme.com',
  ]) {
    assert.throws(
      () => declareHosts([entry]),
      (error) => error instanceof RangeError && error.message.includes(JSON.stringify(entry)),
      entry,
    )
  }
  for (const authority of [
    '',
    ':443',
    'a:b',
    'a:443:443',
    'user@a:443',
    'a/b:443',
    'a:443/',
    '[::1',
    '::1',
    'a%00b',
    'a?b',
    'a#b',
  ]) {
    assert.equal(readAuthority(authority), null, authority)
  }
})

test('a refusal names the host and what to do', () => {
  const declared = declareHosts(['api.acme.com:443'])
  const undeclared =
    'The host evil.example is not declared, and so is not reached. Add evil.example to "hosts" of the connector\'s endpoint if it is meant.'
  assert.equal(declared.refuse({ host: 'evil.example', port: 443 }), undeclared)
  assert.match(String(declared.refuse({ host: '2001:db8::1', port: 443 })), /^The host \[2001:db8::1\] is not declared/)
  assert.match(
    String(declared.refuse({ host: 'api.acme.com', port: 25 })),
    /^Port 25 of api\.acme\.com is not declared.* Add api\.acme\.com:25 to/,
  )
})

test('a name leads to no address of the machine itself, its link or its cloud, unless that is declared too', () => {
  const declared = declareHosts(['api.acme.com', '10.9.9.9', '127.0.0.5'])
  const leads = (...addresses: string[]) => declared.refuseAddresses('api.acme.com', addresses) === null
  for (const address of ['203.0.113.9', '8.8.8.8', '10.0.0.1', '192.168.1.1', '2606:4700::1', 'fd00::1', '127.0.0.5']) {
    assert.ok(leads(address), address)
  }
  const own = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '169.254.0.1',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
  ]
  const own6 = [
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    '2001:0:1::1',
    'fd00:ec2::254',
    'fd20:ce::254',
  ]
  for (const address of [...own, ...own6]) assert.equal(leads(address), false, address)
  assert.equal(leads('203.0.113.9', '127.0.0.1'), false)
  assert.match(
    String(declared.refuseAddresses('api.acme.com', ['127.0.0.1'])),
    /^The host api\.acme\.com leads to an address that is for this machine alone.*Declare the address/,
  )
})

test('localhost leads to the loopback and nowhere else', () => {
  const declared = declareHosts(['localhost', '.localhost'])
  assert.equal(declared.refuseAddresses('localhost', ['127.0.0.1', '::1']), null)
  assert.equal(declared.refuseAddresses('a.localhost', ['127.0.0.1']), null)
  assert.notEqual(declared.refuseAddresses('localhost', ['203.0.113.9']), null)
})
