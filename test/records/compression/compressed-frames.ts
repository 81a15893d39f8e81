/** The text of the frames in the fixtures; it fills more than two of the 64 KiB blocks of LZ4. */
export const text = Buffer.from(Array.from({ length: 25_000 }, (_, i) => `line ${(i * i) % 97}\n`).join(''))

/** Frames of `text` that were written by the reference implementations of LZ4 and Zstandard. */
export const frames = [
  {
    codec: 'lz4',
    name: 'with linked blocks',
    base64:
      'BCJNGEBAwIoCAABxbGluZSAwCgcAEjEHABI0BwASOQcAIjE2CAAiMjUIABMzEAATNCAAEzYvABM4PgASMycAEzIXACI0NxAA' +
      'IjcyCAADBwATMy4AEzYQABQ5XgADPwAUN5MAAyAAEzUYABQ5fgADXwATOUgAFDQgAAMYABM1QAASOHYAEzZfABMyjgATOBgA' +
      'EzUvABMyZwAUONUAA1cAEzM4ABMxEAATOH8AEzYIABM0SAATM0AAEzEQAAMfABM5lgATOEcAEzdfABQ3EAADIAAFCAAEGAAD' +
      'KAAEOAAESAADVwAEZgAEdgAEhgAElgAEpgAEtgAExgAUNsYAA18ABPYABAYBEzi+AAQmAQQ2AQMXAARUARM5NQEFdAEDVwAT' +
      'NBgABKQBBLQBEzEdAQTUARMz7gAE9AEEBAIEFAIELwADCAAEQgIEUgIDPgAEcAIEgAIEkAIEoAIEsAIEwAID9AADpAADswAD' +
      'JgIDDgADHAADKgAEOQAESQAEWQAEaQAEeQAEiQADmAAEpwAEtwAP+QL/////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////hFBuZSAyNA0BAAAC+v8Prfz/////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////4lA5NgpsaaYC' +
      'AADSbmUgNDQKbGluZSA5MQgAIjQzCAATORgAIjUwEAASOAcAIjY1CAAiMjcIABM4GAATNS8AIzIyGAASOQgAEzZXABMzOAAT' +
      'MRAAIzg2IAADCAATNEgAEzNAABMxEAADHwATOZYAEzhHABM3XwAUNxAAAyAABQgABBgAAygABDgABEgAA1cABGYABHYABIYA' +
      'EzYgAASmAAS2AATGAATWABM4XwAE9gAEBgETOL4ABCYBBDYBAxcABFQBBGQBBXQBAx0BBZQBA4cAEzXWABMxHQETN5QBEzMY' +
      'ABM57gATNiAAEzNIAAMPABM3CAATNLQBEzKsAQM+ABM4LgATNhcAEzTVABMzfgATMl4AEzEQAAMfAAMuAAM9AAOSAAMOAAMc' +
      'AAMqAAQ5AARJAARZAARpAAR5AASJAAOYAASnAAS3AATHAAPOAATlAAT1AAQFAQQVAQQlAQQ1AQRFARM5xwAFZQEEtAADdwAE' +
      'lQEEpQEDtAEEwwEE0wEE4wEE8wEEAwIEEwIEIwIEMwIEQwIEUwIEYwIEcwIEgwIEkwIDpgAEsQIEwQIP+QL/////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '/////////////////////////////////1hQZSA1MAoAAAAA',
  },
  {
    codec: 'lz4',
    name: 'with independent blocks and content size',
    base64:
      'BCJNGGhAJ/4CAAAAAADGiQIAAHFsaW5lIDAKBwASMQcAEjQHABI5BwAiMTYIACIyNQgAEzMQABM0IAATNi8AEzg+ABIzJwAT' +
      'MhcAIjQ3EAAiNzIIAAMHABMzLgATNhAAFDleAAM/ABQ3kwADIAATNRgAFDl+AANfABM5SAAUNCAAAxgAEzVAABI4dgATNl8A' +
      'EzKOABM4GAATNS8AEzJnABQ41QADVwATMzgAEzEQABM4fwATNggAEzRIABMzQAATMRAAAx8AEzmWABM4RwATN18AFDcQAAMg' +
      'AAUIAAQYAAMoAAQ4AARIAANXAARmAAR2AASGAASWAASmAAS2AATGABQ2xgADXwAE9gAEBgEEFgEEJgEENgED1QAEVAETOTUB' +
      'BXQBA1cAEzQYAASkAQS0ARMxHQEE1AETM+4ABPQBBAQCBBQCBC8AAwgABEICBFICAz4ABHACBIACBJACBKACBLACBMACA/QA' +
      'A6QAA7MAAyYCAw4AAxwAAyoABDkABEkABFkABGkABHkABIkAA5gABKcABLcAD/kC////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '/////////////////4RQbmUgMjSAAgAAggpsaW5lIDQ3CAAiNzIIAAMHACIzMQ8AEzYQACI5NRAAIjMzCAAiNzAIABMxIAAT' +
      'NRgAIjk2GAAiNDQIABM5SAAUNCAAAxgAEzVAABI4JwATNl8AEzKOABM4GAATNS8AEzJnACM4OTAAA1cAEzM4ABMxEAATOH8A' +
      'EzYIABM0SAATM0AAEzEQAAMfABM5lgATOEcAEzdfABQ3EAADIAAFCAAEGAADKAAEOAAESAADVwAEZgAEdgAEhgAElgAEpgAE' +
      'tgAExgAUNsYAA18ABPYABAYBBBYBBCYBBDYBA9UABFQBEzk1AQV0AQNXAAWUAQOnAAS0AQTEAQTUAQTkAQT0AQQEAgQUAgNM' +
      'AQQyAgRCAhMydwADLAETOHYAEzYXABM01QATM34AEzJMARMxEAADHwADLgADPQADJgIDDgADHAADKgAEOQAESQAEWQAEaQAE' +
      'eQAEiQADmAAEpwAEtwAExwAD1gAE5QAE9QAEBQEEFQEEJQEENQEERQEP+QL/////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////l1A5NgpsaaUCAADSbmUgNDQKbGluZSA5MQgAIjQzCAATORgAIjUwEAASOAcAIjY1CAAiMjcIABM4GAATNS8A' +
      'IzIyGAASOQgAEzZXABMzOAATMRAAIzg2IAADCAATNEgAEzNAABMxEAADHwATOZYAEzhHABM3XwAUNxAAAyAABQgABBgAAygA' +
      'BDgABEgAA1cABGYABHYABIYAEzYgAASmAAS2AATGAATWABM4XwAE9gAEBgEEFgEEJgEENgED1QAEVAEEZAEFdAEDHQEFlAED' +
      'hwATNdYAEzEdARM3lAETMxgAEznuABM2IAATM0gAAw8AEzcIABM0tAETMqwBAz4AEzguABM2FwATNNUAEzN+ABMyXgATMRAA' +
      'Ax8AAy4AAz0AA5IAAw4AAxwAAyoABDkABEkABFkABGkABHkABIkAA5gABKcABLcABMcAA84ABOUABPUABAUBBBUBBCUBBDUB' +
      'BEUBEznHAAVlAQS0AAN3AASVAQSlAQO0AQTDAQTTAQTjAQTzAQQDAgQTAgQjAgQzAgRDAgRTAgRjAgRzAgSDAgSTAgOmAASx' +
      'AgTBAg/5Av//////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////WFBlIDUwCgAAAAA=',
  },
  {
    codec: 'lz4',
    name: 'with all checksums',
    base64:
      'BCJNGFxAJ/4CAAAAAAD5igIAAHFsaW5lIDAKBwASMQcAEjQHABI5BwAiMTYIACIyNQgAEzMQABM0IAATNi8AEzg+ABIzJwAT' +
      'MhcAIjQ3EAAiNzIIAAMHABMzLgATNhAAFDleAAM/ABQ3kwADIAATNRgAFDl+AANfABM5SAAUNCAAAxgAEzVAABI4dgATNl8A' +
      'EzKOABM4GAATNS8AEzJnABQ41QADVwATMzgAEzEQABM4fwATNggAEzRIABMzQAATMRAAAx8AEzmWABM4RwATN18AFDcQAAMg' +
      'AAUIAAQYAAMoAAQ4AARIAANXAARmAAR2AASGAASWAASmAAS2AATGABQ2xgADXwAE9gAEBgETOL4ABCYBBDYBAxcABFQBEzk1' +
      'AQV0AQNXABM0GAAEpAEEtAETMR0BBNQBEzPuAAT0AQQEAgQUAgQvAAMIAARCAgRSAgM+AARwAgSAAgSQAgSgAgSwAgTAAgP0' +
      'AAOkAAOzAAMmAgMOAAMcAAMqAAQ5AARJAARZAARpAAR5AASJAAOYAASnAAS3AA/5Av//////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '//////////////////+EUG5lIDI0HdVsAw0BAAAC+v8Prfz/////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////4lA5NgpsaQvIbVKmAgAA0m5lIDQ0CmxpbmUgOTEIACI0MwgAEzkYACI1MBAAEjgHACI2NQgAIjI3CAATOBgAEzUvACMy' +
      'MhgAEjkIABM2VwATMzgAEzEQACM4NiAAAwgAEzRIABMzQAATMRAAAx8AEzmWABM4RwATN18AFDcQAAMgAAUIAAQYAAMoAAQ4' +
      'AARIAANXAARmAAR2AASGABM2IAAEpgAEtgAExgAE1gATOF8ABPYABAYBEzi+AAQmAQQ2AQMXAARUAQRkAQV0AQMdAQWUAQOH' +
      'ABM11gATMR0BEzeUARMzGAATOe4AEzYgABMzSAADDwATNwgAEzS0ARMyrAEDPgATOC4AEzYXABM01QATM34AEzJeABMxEAAD' +
      'HwADLgADPQADkgADDgADHAADKgAEOQAESQAEWQAEaQAEeQAEiQADmAAEpwAEtwAExwADzgAE5QAE9QAEBQEEFQEEJQEENQEE' +
      'RQETOccABWUBBLQAA3cABJUBBKUBA7QBBMMBBNMBBOMBBPMBBAMCBBMCBCMCBDMCBEMCBFMCBGMCBHMCBIMCBJMCA6YABLEC' +
      'BMECD/kC////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '////////////////////////////////////////////////////////////////////////////////////////////////' +
      '//////////////////////////////////////////////////////9YUGUgNTAK2nlr/wAAAAAqI6Hx',
  },
  {
    codec: 'zstd',
    name: 'in one piece',
    base64:
      'KLUv/aAn/gIAnAYAIkYPELCl2I7gkkARUWYmbYk4OBBcdBN/UX+pTE6NiTUh9T/NnIiJxKdwufZFy2JI1ykzFY766mn5qhNi' +
      'AAwCgmio0Jg3AxAjkRnqARJIYOPypdb///8Mu/z8MvzAhjAzA7w8ZDWPO+EdtrMko6JJu0FtXjFVZEXKJosX8gPb/XX+Xx/H' +
      'd5m4jL7ujrPqYM6cP+XLuBL+eZA6GclhKSWJnEunacPyF6gFnPscLho5dsrzSWHfJ9ngqBGXiRW7a2fwcyTWSU921EFFysEC' +
      'PeKNJQBMAU0AAAhuAQAjfh0IAQ==',
  },
  {
    codec: 'zstd',
    name: 'with a checksum',
    base64:
      'KLUv/aQn/gIAnAYAIkYPELCl2I7gkkARUWYmbYk4OBBcdBN/UX+pTE6NiTUh9T/NnIiJxKdwufZFy2JI1ykzFY766mn5qhNi' +
      'AAwCgmio0Jg3AxAjkRnqARJIYOPypdb///8Mu/z8MvzAhjAzA7w8ZDWPO+EdtrMko6JJu0FtXjFVZEXKJosX8gPb/XX+Xx/H' +
      'd5m4jL7ujrPqYM6cP+XLuBL+eZA6GclhKSWJnEunacPyF6gFnPscLho5dsrzSWHfJ9ngqBGXiRW7a2fwcyTWSU921EFFysEC' +
      'PeKNJQBMAU0AAAhuAQAjfh0IAZDy47s=',
  },
  {
    codec: 'zstd',
    name: 'without content size',
    base64:
      'KLUv/QBAnAYAIkYPELCl2I7gkkARUWYmbYk4OBBcdBN/UX+pTE6NiTUh9T/NnIiJxKdwufZFy2JI1ykzFY766mn5qhNiAAwC' +
      'gmio0Jg3AxAjkRnqARJIYOPypdb///8Mu/z8MvzAhjAzA7w8ZDWPO+EdtrMko6JJu0FtXjFVZEXKJosX8gPb/XX+Xx/Hd5m4' +
      'jL7ujrPqYM6cP+XLuBL+eZA6GclhKSWJnEunacPyF6gFnPscLho5dsrzSWHfJ9ngqBGXiRW7a2fwcyTWSU921EFFysECPeKN' +
      'JQBMAU0AAAhuAQAjfh0IAQ==',
  },
  {
    codec: 'zstd',
    name: 'written as a stream',
    base64:
      'KLUv/QBYnAYAckYQELAnBwdpGABpV8qWrQtxZBD8vkm9cXvqJenU4iessV0rJ9IqqWt0uBmflQ0ie1OIRrgaf8yK91kgFAMB' +
      'jEAoBiJnqNCY9zMQI5mZ9RKQtt2Mtf//fwf7GH4ZfmJLlJngXNO/aTSS4I6ZJRoVmrQN2vaKqiIqcibJXtgPpO7Lefu6O76V' +
      '5TJm3RXOsoLpOX1KK6MktOdB6iQih51SxMgH6ZQ2WP4FVvDZzOHCkjNWn24CVrWSfEgb8aieOnt2Dj8nkYG0aEfZRVQ4YGJy' +
      'WSKYAkwAAAggAQA8HB0IAUwAAAggAQA8HB0IAUwAAAggAQA8HB0IAUwAAAggAQAjDR0IAQEAAA==',
  },
] as const
