// Writes the rules as PrometheusRule manifests: `npm run rules`. With --runbooks and --output it writes rules and manifests
// with another runbook URL to another folder.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

/** The placeholder in alerts/, in a domain reserved by RFC 2606. */
const placeholder = 'https://nicwatch.example/runbooks';
const source = new URL('../alerts/', import.meta.url);
const committed = new URL('../deploy/prometheus/', import.meta.url).pathname;

const { runbooks, output } = readOptions();
mkdirSync(output ?? committed, { recursive: true });
for (const file of readdirSync(source).filter((name) => name.endsWith('.rules.yaml'))) {
  const name = file.replace('.rules.yaml', '');
  const rules = readFileSync(new URL(file, source), 'utf8').replaceAll(placeholder, runbooks);
  writeFileSync(`${output ?? committed}/${name}.prometheusrule.yaml`, manifest(name, rules));
  if (output !== undefined) {
    writeFileSync(`${output}/${file}`, rules);
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runbooks: { type: 'string', default: placeholder },
        output: { type: 'string' },
      },
    });
    if (!/^https?:\/\/[^\s/]\S*$/.test(values.runbooks)) {
      throw new Error(`--runbooks: expected an address, got ${JSON.stringify(values.runbooks)}`);
    }
    if (values.runbooks !== placeholder && values.output === undefined) {
      throw new Error('--runbooks needs --output, a folder of your own');
    }
    return { runbooks: values.runbooks.replace(/\/+$/, ''), output: values.output };
  } catch (error) {
    console.error(`rules: ${error.message}`);
    process.exit(2);
  }
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
