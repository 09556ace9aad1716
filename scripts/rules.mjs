// Writes the address of the runbooks into alerts/, and the rules as PrometheusRule manifests: `npm run rules`. With --output
// it writes rules and manifests to a folder of your own, with --runbooks under another address.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

const source = new URL('../alerts/', import.meta.url).pathname;
const committed = new URL('../deploy/prometheus/', import.meta.url).pathname;
const { address } = JSON.parse(readFileSync(new URL('../runbooks.json', import.meta.url), 'utf8'));

const { runbooks, output } = readOptions();
mkdirSync(output ?? committed, { recursive: true });
for (const file of readdirSync(source).filter((name) => name.endsWith('.rules.yaml'))) {
  const rules = withRunbooks(file);
  writeFileSync(`${output ?? source}/${file}`, rules);
  const name = file.replace('.rules.yaml', '');
  writeFileSync(`${output ?? committed}/${name}.prometheusrule.yaml`, manifest(name, rules));
}
if (output === undefined) {
  for (const file of readdirSync(source).filter((name) => name.endsWith('.test.yaml'))) {
    writeFileSync(`${source}/${file}`, withRunbooks(file));
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runbooks: { type: 'string', default: address },
        output: { type: 'string' },
      },
    });
    if (!/^https?:\/\/[^\s/]\S*$/.test(values.runbooks)) {
      throw new Error(`--runbooks: expected an address, got ${JSON.stringify(values.runbooks)}`);
    }
    if (values.runbooks !== address && values.output === undefined) {
      throw new Error('--runbooks needs --output, a folder of your own');
    }
    return { runbooks: values.runbooks.replace(/\/+$/, ''), output: values.output };
  } catch (error) {
    console.error(`rules: ${error.message}`);
    process.exit(2);
  }
}

/** A file of alerts/ whose alerts link to the runbooks at the chosen address. */
function withRunbooks(file) {
  return readFileSync(`${source}/${file}`, 'utf8').replaceAll(
    /(?<=runbook_url:\s+(?:[>|]-?\s+)?)https?:\S+(?=\/\w+\.md$)/gm,
    () => runbooks,
  );
}

/** Indents the rules for YAML, without changing text or comments. */
function manifest(name, rules) {
  const kubernetesName = name === 'nicwatch' ? name : `nicwatch-${name}`;
  return `# Generated from alerts/${name}.rules.yaml by \`npm run rules\`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: ${kubernetesName}
  labels:
    app.kubernetes.io/name: nicwatch
spec:
${rules.replaceAll(/^(?=.)/gm, '  ')}`;
}
