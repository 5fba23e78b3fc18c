import { describe, expect, test } from 'vitest'
import { clientRoom, openFilesLimit, portCount, refuseWithoutRoom } from './client-room.ts'

describe('room for connections', () => {
  test('is read from the words of Linux', () => {
    expect(
      openFilesLimit('Max processes 1 2\nMax open files            1024                 524288     files\n'),
    ).toBe(1024)
    expect(
      openFilesLimit('Max open files            unlimited            unlimited            files\n'),
    ).toBe(null)
    expect(openFilesLimit(null)).toBe(null)
    expect(portCount('32768\t60999\n')).toBe(28_232)
    expect(portCount('')).toBe(null)
  })

  test('too little of it is told before anything is sent, with what to do', () => {
    expect(() => refuseWithoutRoom(2_000, { connections: 900, ports: null })).toThrow(
      expect.objectContaining({ code: 'usage', fix: expect.stringContaining('ulimit -n 2128') }),
    )
    expect(() => refuseWithoutRoom(2_000, { connections: null, ports: 1_000 })).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('ip_local_port_range') }),
    )
    refuseWithoutRoom(2_000, { connections: 2_000, ports: 2_000 })
    refuseWithoutRoom(1e9, { connections: null, ports: null })
  })

  test('of this machine is enough for a few', () => {
    refuseWithoutRoom(16, clientRoom())
  })
})
