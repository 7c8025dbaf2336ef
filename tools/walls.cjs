/**
 * The walls between the rooms, for dependency-cruiser. Each rule's comment says why the wall is there and what to do
 * instead. `tools/walls.test.ts` breaks every wall once, to prove that it stands.
 */
const flat = (side) =>
  Object.fromEntries(Object.entries(side).map(([key, value]) => [key, Array.isArray(value) ? value.flat() : value]))
const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from: flat(from), to: flat(to) })
const TEST = ['[.]test[.]tsx?$', '/testing[.]ts$', '/testing/']
/** Made by `npm run gen`; the one place that knows every platform. */
const REGISTRY = '^src/platforms/registry/'
/** Compositions of the whole house: they alone hand the registry to the rooms. */
const MAINS = [
  '^src/server/(main|compose|cli)[.]ts$',
  '^src/sandbox/main[.]ts$',
  '^src/web/',
  '^(tools|bench|e2e)/',
  '^src/platforms/',
  TEST,
]

module.exports = {
  forbidden: [
    rule(
      'no-circles',
      'Two files that need each other are one thought in two places: merge them, or lift what they share.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule(
      'imports-resolve',
      'This import leads nowhere. Between rooms write #room/path.ts, inside a room ./path.ts, always with the extension.',
      { pathNot: '^tools/new-platform/template' },
      { couldNotResolve: true },
    ),
    rule(
      'contract-is-the-ground',
      'contract/ is the words everyone shares and imports nothing of ours. Move the word here, or the code to the room that needs it.',
      { path: '^src/contract/', pathNot: TEST },
      { path: '^src/(kit|ui|infra|planner|platforms|server|web|sandbox)/' },
    ),
    rule(
      'kit-knows-no-platform-and-no-planner',
      'kit/ says what a platform is; it has never met one. Take what is needed as an argument.',
      { path: '^src/kit/', pathNot: [TEST, '^src/kit/testing/'] },
      { path: '^src/(infra|planner|platforms|server|web|sandbox)/' },
    ),
    rule(
      'kit-testing-knows-no-platform',
      'kit/testing is given the platform it tests. It may drive clock and sandbox, and knows no platform, planner or server.',
      { path: '^src/kit/testing/', pathNot: '[.]test[.]tsx?$' },
      { path: '^src/(planner|platforms|server|web)/' },
    ),
    rule(
      'kit-facts-is-pure',
      'kit/facts runs in browser, server and sandbox. Move what talks to a network to kit/client.',
      { path: '^src/kit/facts/', pathNot: TEST },
      { path: '^src/kit/(client|web|sandbox|testing)/' },
    ),
    rule(
      'pure-files-have-no-node',
      'This file must load in a browser. Take bytes, time and randomness as arguments.',
      {
        path: '^src/(kit/facts/|contract/|platforms/[^/]+/(spec|text|preflight|failures|samples)[.]ts$|planner/[^/]+/rules[.]ts$)',
        pathNot: TEST,
      },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'kit-sandbox-and-kit-client-are-strangers',
      'The two sides of the book-keeping share no code: write the check twice, from the fact sheet.',
      { path: '^src/kit/sandbox/' },
      { path: '^src/kit/(client|facts)/' },
    ),
    rule(
      'platforms-are-strangers',
      'A platform never imports another. What two share goes to src/platforms/families/<name>/.',
      { path: '^src/platforms/(?!registry/|families/)([^/]+)/' },
      { path: '^src/platforms/', pathNot: ['^src/platforms/$1/', '^src/platforms/families/'] },
    ),
    rule(
      'platforms-know-only-the-kit',
      'A platform has no database, queue, clock, config or planner: the kit hands it what it may use. Missing something? Add it to the kit, for all.',
      { path: '^src/platforms/(?!registry/)', pathNot: [TEST, '^src/platforms/[^/]+/web/'] },
      { path: '^src/(infra|planner|server|web|sandbox|ui|contract)/' },
    ),
    rule(
      'imitation-stands-apart',
      'The imitation and the client must not share a mistake. Both answer to the fact sheet and fixtures/, never to each other.',
      { path: '^src/platforms/(families/[^/]+|(?!families/)[^/]+)/sandbox/', pathNot: TEST },
      {
        path: '^src/(platforms/$1/|platforms/families/[^/]+/(?!sandbox/)|kit/client/|kit/facts/)',
        pathNot: ['^src/platforms/$1/(sandbox|fixtures)/'],
      },
    ),
    rule(
      'client-never-imports-imitation',
      'The client must meet its imitation over HTTP only, as it meets the network. In a test, let kit/testing start it.',
      { path: '^src/platforms/(?!registry/)(families/[^/]+|(?!families/)[^/]+)/(?!sandbox/)', pathNot: TEST },
      {
        path: ['^src/platforms/$1/sandbox/', '^src/platforms/families/[^/]+/sandbox/', '^src/kit/(sandbox|testing)/'],
      },
    ),
    rule(
      'web-face-is-browser-safe',
      'platforms/*/web sees its own pure files, kit/facts, kit/web and ui. Nothing that talks to a network or a server.',
      { path: '^src/platforms/([^/]+)/web/', pathNot: TEST },
      {
        path: '^src/(platforms|kit|infra|planner|server|sandbox)/',
        pathNot: [
          '^src/platforms/$1/(web/|(spec|text|preflight)[.]ts$)',
          '^src/kit/(facts|web)/',
          '^src/platforms/families/[^/]+/(web/|(spec|text|preflight)[.]ts$)',
        ],
      },
    ),
    rule(
      'platforms-have-three-doors',
      'From outside, a platform is reached through platforms/registry only.',
      { path: '^src/', pathNot: ['^src/platforms/', TEST] },
      { path: '^src/platforms/(?!registry/)' },
    ),
    rule(
      'registry-opens-faces-only',
      'A face is index.ts, web/index.ts, sandbox/index.ts or samples.ts. Run `npm run gen`; never edit the registry.',
      { path: REGISTRY },
      { path: '^src/platforms/', pathNot: '^src/platforms/[^/]+/(((web|sandbox)/)?index[.]tsx?|samples[.]ts)$' },
    ),
    rule(
      'only-mains-open-the-registry',
      'Only the mains list the platforms. Take `platforms` (a map by id) as an argument.',
      { pathNot: MAINS },
      { path: REGISTRY },
    ),
    rule(
      'families-know-no-platform',
      'platforms/families/* is what two or more platforms share; it has met none of them. Turn the arrow round.',
      { path: '^src/platforms/families/' },
      { path: '^src/platforms/(?!families/)' },
    ),
    rule(
      'infra-knows-no-planner',
      'infra/ is tools: a database, a lock, a disk. What is planned is told to it as arguments.',
      { path: '^src/infra/', pathNot: TEST },
      { path: '^src/(kit|planner|platforms|server|web|sandbox|ui)/' },
    ),
    rule(
      'planner-knows-no-platform',
      'The planner speaks to any platform through the kit. Need something new? Add it to the kit, for all.',
      { path: '^src/planner/', pathNot: TEST },
      { path: '^src/(platforms|server|web|sandbox|ui)/' },
    ),
    rule(
      'planner-knows-no-http',
      'Rules and services throw Problems; src/server turns them into status codes.',
      { path: '^src/planner/', pathNot: TEST },
      { path: ['(^|/)node_modules/(@fastify|fastify)', '^(node:)?https?$'] },
    ),
    rule(
      'rules-are-pure',
      'rules.ts decides and does no I/O: pass in what it needs to know, do what it says in service.ts.',
      { path: '^src/planner/[^/]+/rules[.]ts$' },
      { path: '^src/(infra|server|kit/client)/|(^|/)node_modules/(pg|kysely)/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'server-is-no-library',
      'src/server is a door. What a lower room needs of it belongs in infra, kit or planner.',
      { path: '^src/(?!server/)', pathNot: TEST },
      { path: '^src/server/' },
    ),
    rule(
      'sandbox-knows-no-planner',
      'The sandbox is the other side: a network. It must not know what Clarion planned.',
      { path: '^src/sandbox/', pathNot: TEST },
      { path: '^src/(planner|server|web|ui|kit/client)/' },
    ),
    rule(
      'web-talks-http-only',
      "The browser knows the contract, never the server's code. Add a route to the contract and call it.",
      { path: '^src/(web|ui)/', pathNot: TEST },
      { path: '^src/(server|planner|infra|sandbox)/|^src/kit/(client|sandbox|testing)/' },
    ),
    rule(
      'ui-knows-no-screen',
      'ui/ is the look. What knows screens and platforms belongs to src/web.',
      { path: '^src/ui/', pathNot: TEST },
      { path: '^src/(web|platforms)/' },
    ),
    rule(
      'tests-stay-tests',
      'Shipped code imports no test file. Move the helper beside it, or into infra/testing or kit/testing.',
      { path: '^src/', pathNot: [TEST, '^src/(infra|kit)/testing/'] },
      { path: [TEST, '^src/(infra|kit)/testing/'] },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.](css|svg|png)$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
}
