// Is this document AsyncAPI 3? Asks AsyncAPI's own parser, which follows every reference into the schemas. First it must
// refuse copies with one thing spoiled, or it would prove nothing.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Parser } from '@asyncapi/parser';

const path = process.argv[2];
const text = await readFile(path, 'utf-8');
const newer = 'asyncapi-latest-version'; // advice to use the next minor version

async function faults(source) {
  const { document, diagnostics } = await new Parser().parse(source, { source: resolve(path) });
  const found = diagnostics.filter(d => d.code !== newer).map(d => `${d.path.join('.')}: ${d.message} (${d.code})`);
  return document || found.length ? found : ['no document'];
}

const spoiled = {
  'an action that is none': text.replace('"receive"', '"take"'),
  'a reference into nothing': text.replace('v1/scan.json', 'v1/nothing.json'),
  'a channel that is none': text.replace('"#/channels/scans"', '"#/channels/none"'),
  'no version': text.replace('"asyncapi"', '"async"'),
};
for (const [what, copy] of Object.entries(spoiled)) {
  if (copy === text || (await faults(copy)).length === 0) {
    console.error(`the parser accepts ${what}`);
    process.exit(1);
  }
}

const found = await faults(text);
for (const fault of found) console.error(fault);
if (found.length === 0) console.log(`${path} is AsyncAPI 3 (and ${Object.keys(spoiled).length} spoiled copies of it are not)`);
process.exit(found.length === 0 ? 0 : 1);
