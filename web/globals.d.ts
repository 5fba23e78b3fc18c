/** The package's version, put in by the build. */
declare const __TOKENWRIGHT_VERSION__: string
