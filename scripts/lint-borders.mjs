// The lint rule `borders/imports`; .oxlintrc.json says the layers, owners and exceptions.
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve } from 'node:path';

function create(context) {
  const [{ floors, owners, only }] = context.options;
  const file = relative(context.cwd, context.filename);

  /** Names a module as owners do: `fastify`, `node:fs`, or a path from the root. */
  const moduleOf = (specifier) =>
    /^[./]/.test(specifier)
      ? relative(context.cwd, resolve(dirname(context.filename), specifier))
      : specifier.replace(/^(?:node:)?/, isBuiltin(specifier) ? 'node:' : '');

  const complaintAbout = (module, kind) => {
    if (only[file] !== undefined) {
      return only[file][kind].includes(module) ? undefined : `${file} does not import ${module}.`;
    }
    for (const [owned, places] of Object.entries(owners)) {
      if (isIn(module, owned) && !places.some((place) => isIn(file, place))) {
        return `Only ${places.join(', ') || 'tests'} may import ${owned}.`;
      }
    }
    const [floor, other] = [file, module].map((path) => /^src\/([^/]+)/.exec(path)?.[1]);
    const below = floors.includes(floor) ? floors.slice(floors.indexOf(floor)) : [];
    return floor === undefined || other === undefined || below.includes(other)
      ? undefined
      : `${floor} imports only from floors below it, not from ${other}.`;
  };

  const check = (node, source, kind) => {
    // A computed name is always rejected.
    const message = complaintAbout(moduleOf(source?.value ?? 'computed'), kind);
    return message && context.report({ node, message });
  };
  const checkStatic = (node) => node.source && check(node, node.source, 'static');
  return {
    ImportDeclaration: checkStatic,
    ExportNamedDeclaration: checkStatic,
    ExportAllDeclaration: checkStatic,
    TSImportType: checkStatic,
    ImportExpression: (node) => check(node, node.source, 'dynamic'),
    CallExpression: (node) =>
      (node.callee.name === 'require' || node.callee.property?.name === 'getBuiltinModule') &&
      check(node, node.arguments[0], 'dynamic'),
  };
}

/** Whether a module is the one named, or below it; `node:` is above all of Node's. */
function isIn(path, place) {
  return path === place || path.startsWith(/[/:]$/.test(place) ? place : `${place}/`);
}

const imports = { meta: { schema: false }, create };
// oxlint-disable-next-line import/no-default-export -- oxlint asks plugins for one.
export default { meta: { name: 'borders' }, rules: { imports } };
