import { defineConfig } from 'oxlint'
import { overrides } from './scripts/layers.mjs'

// JavaScript, because the rules of the layers come from a table. `npm run lint` names this file: the linter finds by itself a
// configuration in TypeScript only, which needs Node 22.
export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'vitest'],
  categories: {
    correctness: 'error',
  },
  options: {
    reportUnusedDisableDirectives: 'error',
  },
  ignorePatterns: ['/dist', '.demo', '.tmp', 'coverage', 'node_modules'],
  rules: {
    // A circle of types is a circle too: none of its files can be read without the others.
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': [
      'error',
      {
        disallowTypeAnnotations: true,
      },
    ],
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    'vitest/warn-todo': 'error',
    'vitest/expect-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/require-to-throw-message': 'off',
    'vitest/valid-title': 'off',
    'vitest/valid-expect': [
      'error',
      {
        maxArgs: 2,
      },
    ],
    'unicorn/no-new-array': 'off',
    'unicorn/no-thenable': 'off',
    'unicorn/no-useless-spread': 'off',
    'unicorn/prefer-string-starts-ends-with': 'off',
  },
  overrides: [
    ...overrides(),
    {
      files: ['demo/**', 'examples/**'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: ['**/src/**', '**/dist/**'],
                message: 'The demo is a user: it imports zession by its public names only.',
              },
            ],
          },
        ],
      },
    },
    {
      files: ['test/**', 'bench/**'],
      rules: {
        'typescript/no-non-null-assertion': 'off',
        'typescript/no-base-to-string': 'off',
        'typescript/require-array-sort-compare': 'off',
        'typescript/restrict-template-expressions': 'off',
        'typescript/unbound-method': 'off',
      },
    },
  ],
})
