/** Reading forms and sounds, and metrics of several fleets put together. */
import { expect, test } from 'vitest'
import { readMultipart } from './http/multipart.ts'
import { mergeExpositions } from './merge-expositions.ts'
import { soundFile } from './sound.fixture.ts'
import { soundSeconds } from './sound-length.ts'

test('sound lengths', () => {
  expect(soundSeconds(soundFile(3))).toBe(3)
  expect(soundSeconds(Buffer.alloc(32_000))).toBe(2)
  expect(soundSeconds(Buffer.from('RIFF'))).toBeGreaterThan(0)
  expect(soundSeconds(soundFile(3).subarray(0, 30))).toBeLessThan(0.01)
})

test('multipart forms', () => {
  const form = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))
  const body = form(
    '--X\nContent-Disposition: form-data; name="a"\n\n1\n--X\nContent-Disposition: form-data; name="file"; filename="f.wav"\nContent-Type: audio/wav\n\nline\nline\n--X--\n',
  )
  const parts = readMultipart(body, 'multipart/form-data; boundary=X')
  expect(parts.map(({ name, fileName, content }) => [name, fileName, content.toString()])).toEqual([
    ['a', null, '1'],
    ['file', 'f.wav', 'line\r\nline'],
  ])
  expect(() => readMultipart(body, 'application/json')).toThrow(/multipart/)
  expect(() => readMultipart(body.subarray(0, 60), 'multipart/form-data; boundary="X"')).toThrow(/cut off/)
  expect(() => readMultipart(form('--X\n\nx\n--X--'), 'multipart/form-data; boundary=X')).toThrow(/no name/)
})

test('expositions of several fleets', () => {
  const text = (value: number) =>
    `# HELP a A.\n# TYPE a counter\na{r="${value}"} ${value}\n# TYPE process_x gauge\nprocess_x 1\n`
  expect(mergeExpositions([text(1)])).toBe(text(1))
  expect(mergeExpositions([text(1), text(2)])).toBe(
    '# HELP a A.\n# TYPE a counter\na{r="1"} 1\na{r="2"} 2\n# TYPE process_x gauge\nprocess_x 1\n',
  )
})
