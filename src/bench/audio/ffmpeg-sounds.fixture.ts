/** Silence as FFmpeg writes it (libavformat by PyAV 18.1.0), deflated and in base 64: what headers of other hands look like. */
import { inflateSync } from 'node:zlib'

const packed = {
  /** 1.5 s, FLAC at 16 kHz; its head only. */
  flac: 'eNpL80l0ZmBgUGJpYGlgYOBmYOBlfsHwgYEh9kCF3eOHOybmNBW7HCnf6MjcDgDlwQ2w',
  /** 1.5 s, Opus in Ogg. */
  opus:
    'eNrzT08PZmBigAKdmOhKEN227tx8RmH/gtJij9TEFEZGC8YGO7ACf5ByBmTljEB6X+rsXYxmIOUhienFvEARn8SyNDMjPUMgMjACKREF' +
    '4tS85PyU1CJbFEmIiQ27ESaCXPPjwcRLRuxspAIO7mfWyqsTODjWbOY7NkriJ8Ehz1IhxQgPeWYg3XOUVU8KTwgPYg8BABcT1lQ=',
  /** 1.5 s, AAC in MP4. */
  m4a:
    'eNqVE8tOwkBwtoB6QMMBozEYMYGbEGgM8UjihYOeUA/GS8u20LDbNt2FRA+Go0d/w//wM4zhQuJf4GxpZYHEhMlOZmZndp47AFBy5XPo' +
    'iYADGKAoosnDyyYA7LmR4yC95dSS3wbcWONey6ybV/VmwwSj0T4gx+XdbRAgc82DYIxOGR8PKKxA5gcg9wUE1FkCWbVal9vwLxh4uIys' +
    'IfJPchjHzGx6w7jaHdk+bsWhUiAtOUzI5QvlN5u8JTNOPQuZMqfrtZ+hO3N6/xkLtQFlUaoRwcjXLbso047lU+YoG/LOPd9FpiD4itMK' +
    'XdyXaOS4Wgn5UcTKC57cCWkz5F+FFFSz8fEHWBtlEyikqSK0HEFFPLbJZFJFZRbpUfvwrxzSzeFN7vDtYQY7yBEcBRRtGUnQbFQ7hIxb' +
    'l4wL8nHL4sjGVFWA2fW0bBTuJ7SDuhetanWvUshuiUUhe4EW4wLxRPRDqoQoYCzJjczncUZ2P4SlRs/IHlGpevfIHZn28FwfKH6CyApD' +
    'pg+15i1+TfVDBiqNU9w4K20+7p2Le9c01d79AiLndEU=',
  /** 1.5 s, AAC in a fragmented MP4, whose movie header says nothing. */
  fragmentedMp4:
    'eNqtU0FLQkEQnn1aXSo8KHUoNFAIwigJqZvgpUOdog7V5em+h+Jbn+yOUhHhsb/Sfyi6dOrcMaNL0M9odvXl+gJBaHnDNzM7OzvfzD4A' +
    'yPl43WmqUAA4oJGkTFISnb1d8j2JMOwBQCB6DQ4TK/FtgJlvvNhkVNyuwNTl0IFnlG6L9EtsmTsTU7IbH5v5XnYheNMlJSd4nFfWhJ6+' +
    'GKPY4IGMdlTYbduRJ2TzQ7fNA0/HsHnRbPukpJSYSJrnQ/8al55vlbfYlUFupL8qrAWEdwoVt2LaNAj3DyUGqXGpUPYUV2Yk/X6/QJtJ' +
    'wpVK5pdOtjJHnrnM/dkXzJPGqM2QrqFEsGJM5YjKqpxsVbfsNNk3sUZTTD207E3R8650a1EajCqPD6jW5aiZnQsPI4YbdrtpRNLtdAL7' +
    'ULEZKF104QFDfek6d81hk/zI7fnl0vYufTslst/o8Zp5CL9h9/SRHpj253HoPxhX5wwAklrJOCPG6HOMlX6LUj+EhHYvkbxHZ0aY/H90' +
    'PocIx4IYfziaa524lvYNV2enssxWcwuzCCWrCl/q7m0hIZt8ZDHOzoCZ/4x6KaNpV38AQWl8eQ==',
  /** 1.5 s and 0.084 s of the encoder, MPEG-2 at 16 kHz, with an ID3 tag and a Xing header. */
  mp3:
    'eNrzdDFmYQAB5ZDgYFcgzc/AwOyTWJZmZqRnCEQGRgwI8P9zxAE4xzMvLR+inkGHgYHtCYO8vIqKpqa+vr6JiaWlnZ2zs7Onp59fcHBE' +
    'RERcXHJyRkZGbm5RUUVFbW1tU1N7e2/vpEmTpk+fM2fhwoXLl69Zs3Hjtm3b9uw5ePDYsdOnT1+4cO3a7du3Hzx4+vT16w8fPnz9+uvX' +
    '//8ge0GOY0AHKsxQBtsTTY84WxQ3SxwBUsweYL2Ovq7GQE8ZhCIBH0eQGnGYGiwqYGr0iFDjSoSaGCLUFBOhposINQuJULODCDXniVDz' +
    'jAg1L0bVjKoZVUOimtBQFDWh2MGoGsrVAADv0CIw',
  /** The same without tag and Xing header. */
  mp3Bare:
    'eNr7/1niCAMDA7MHkGDwcfR1NdYzNDAIRQI+jv+BasRharCogKnRI0KNKxFqYohQU0yEmi4i1CwkQs0OItScJ0LNMyLUvBhVM6pmVA2J' +
    'akJDUdSEYgejaihXAwCD/Nvh',
  /** 0.5 s and 0.049 s of the encoder, MPEG-1 at 44.1 kHz, two channels. */
  mp3Mpeg1:
    'eNrzdDFmYQAB5ZDgYFcgzc/AwOyTWJZmZqRnCEQGRgwI8P+3QAoD/wcGhkwgh4OBgVeBgYERiJYAuUCmSQMDA4uPo6+rMVCfQSgeQEDR' +
    '/99CKUoE7AklBhByDMhDLv20twjkobR+Onmok58+HlpNrxg6S6cYuksvD90d9dCoh4aghwgAqnmIsEWjHhr1EAgAABxzXXA=',
}

export type SoundName = keyof typeof packed

export function ffmpegSound(name: SoundName): Buffer {
  return inflateSync(Buffer.from(packed[name], 'base64'))
}
