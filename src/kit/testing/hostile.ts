/** Texts that are hard to read: each as long as the API takes (100,000 UTF-16 units), each a shape that stopped somebody's parser. */

const long = 100_000
const filled = (unit: string, end = ''): string =>
  unit.repeat(Math.ceil(long / unit.length)).slice(0, long - end.length) + end

/** By what they are. None ends inside a surrogate pair. */
export const hostileTexts: Readonly<Record<string, string>> = {
  letters: filled('a'),
  'letters and dots': filled('a.'),
  'letters, lines and dots': filled('a_.a-.'),
  'Chinese and dots': filled('中.'),
  'umlauts and dots': filled('ü.'),
  'one host without end': `https://${filled('a.').slice(9)}`,
  schemes: filled('https://'),
  addresses: filled('http://a.co '),
  'bare hosts': filled('a.co '),
  'hosts in Chinese': filled('http://中中中中中中中中中中中中中.com '),
  'a path of points': `https://example.com/${filled('.,!?', 'a').slice(20)}`,
  'open brackets': filled('http://a.co/((('),
  'closed brackets': filled(')]}'),
  handles: filled('@a-'),
  'at signs': filled('@'),
  tags: filled('#a '),
  'number signs': filled('#'),
  'marks behind a tag': `#${filled('!', 'a').slice(1)}`,
  cashtags: filled('$A '),
  emoji: filled('😀'),
  families: filled('👨‍👩‍👧‍👦'.repeat(4)),
  flags: filled('🇵🇱'),
  'combining marks': filled('\u0301'),
  joiners: filled('\u200d'),
  Chinese: filled('中'),
  'sentences in Chinese': filled('文。'),
  spaces: filled(' ', 'a'),
  lines: filled('\n \n', 'a'),
  'digits and spaces': filled('1 ', 'a'),
  'less than': filled('<'),
  'tags of HTML': filled('<b>'),
  'open tags': filled('<a '),
  'marks of Markdown': filled('[*_~`'),
  'open links': filled('[a](b '),
  entities: filled('&amp'),
  'mentions of LinkedIn': filled('@[a'),
  'polls of Reddit': filled('[View Poll](http://'),
}
