import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

import { unitsAboveTheFold } from './kit/frame.ts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const columnWidth = 50;
const unitHeight = 28;
const gap = 3;
const top = 46;
const ink = '#3d4451';
const pale = '#c3c9d4';
const good = '#9fd3a8';
const bad = '#e8837b';

/** Draws the layout of a dashboard and the types of its panels as SVG, with made-up data. */
export function layoutPicture({ title = '', templating, panels = [] }: Dashboard): string {
  const units = Math.max(...panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
  const size = { width: 24 * columnWidth, height: top + units * unitHeight };
  const foldY = top + unitsAboveTheFold * unitHeight;
  const labels = (templating.list ?? []).flatMap(({ label }) => label ?? []);
  const variables = labels.map((label) => `${label} ▾`).join('     ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="13" fill="${ink}">
<title>${escape(`Layout of ${title}`)}</title>
<rect width="100%" height="100%" fill="#f4f5f7"/>
${text(8, 18, title, 'font-weight="bold" font-size="15"')}
${text(8, 38, variables, `fill="#6b7280"`)}
${panels.map(drawPanel).join('\n')}
<path d="M0 ${foldY}H${size.width}" stroke="${bad}" stroke-width="2" stroke-dasharray="8 6"/>
${text(size.width - 8, top - 8, 'above the dashed line: seen without scrolling at 1920 x 1080', 'fill="#b4483f" text-anchor="end"')}
</svg>
`;
}

function drawPanel(panel: Panel | RowPanel): string {
  const { x = 0, y = 0, w = 0, h = 0 } = panel.gridPos ?? {};
  const box: Box = {
    x: x * columnWidth + gap,
    y: top + y * unitHeight + gap,
    width: w * columnWidth - 2 * gap,
    height: h * unitHeight - 2 * gap,
  };
  if (panel.type === 'row') {
    return text(box.x + 4, box.y + 16, `▾ ${panel.title}`, 'font-weight="bold"');
  }
  const inner = { x: box.x + 10, y: box.y + 28, width: box.width - 20, height: box.height - 36 };
  return `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="3" fill="#fff" stroke="${pale}"/>
${text(box.x + 8, box.y + 18, panel.title ?? '')}
${drawContent(panel, inner)}`;
}

function drawContent(panel: Panel | RowPanel, box: Box): string {
  switch (panel.type) {
    case 'stat':
      return rect({ ...box, height: box.height - 2 }, good);
    case 'bargauge':
      return drawRows(box, 22, (row, index) =>
        rect({ ...row, width: row.width / (index + 1), height: 16 }, good),
      );
    case 'state-timeline':
    case 'status-history':
      return drawRows(box, 22, (row, index) => drawStates(row, index));
    case 'table':
      return drawTable('transformations' in panel ? (panel.transformations ?? []) : [], box);
    default:
      return drawLines(box);
  }
}

/** One bar of states that changes once, later in every row. */
function drawStates(row: Box, index: number): string {
  const change = row.width * (0.3 + 0.1 * (index % 4));
  const after = { ...row, height: 14, x: row.x + change, width: row.width / 10 };
  return rect({ ...row, height: 14 }, good) + rect(after, bad);
}

function drawLines({ x, y, width, height }: Box): string {
  const lines = [0.75, 0.9].map((level, line) => {
    const points = Array.from({ length: 25 }, (_, index) => {
      const wave = Math.sin(index * (line + 1.3)) * 0.06;
      const hump = line === 0 && index > 14 ? -0.45 : 0;
      return `${round(x + (width * index) / 24)},${round(y + height * (level + wave + hump))}`;
    });
    const color = line === 0 ? bad : '#7fa7d6';
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  });
  return `<path d="M${x} ${y}V${y + height}H${x + width}" fill="none" stroke="${pale}"/>${lines.join('')}`;
}

function drawTable(transformations: NonNullable<Panel['transformations']>, box: Box): string {
  if (transformations.some(({ id }) => id === 'groupingToMatrix')) {
    const columns = 12;
    const width = box.width / columns;
    return drawRows(box, 24, (row, index) =>
      Array.from({ length: columns }, (_, column) =>
        column === 0
          ? rect({ ...row, width: width - 2, height: 21 }, pale)
          : rect(
              { ...row, x: row.x + column * width, width: width - 2, height: 21 },
              index === 1 ? bad : index === 0 ? pale : good,
            ),
      ).join(''),
    );
  }
  const organize = transformations.find(({ id }) => id === 'organize');
  const titles = Object.values<unknown>(organize?.options.renameByName ?? {}).map(String);
  const cells = columnsOf(titles, box);
  const header = cells.map(({ title, x }) =>
    text(x, box.y + 12, title, 'font-size="11" fill="#6b7280"'),
  );
  const below = { ...box, y: box.y + 20, height: box.height - 20 };
  const rows = drawRows(below, 20, (row) =>
    cells
      .map(({ x, width }) => rect({ ...row, x, width: width - 14, height: 7 }, '#e3e6eb'))
      .join(''),
  );
  return header.join('') + rows;
}

/** Sizes each column by its title. */
function columnsOf(
  titles: readonly string[],
  { x, width }: Box,
): readonly { readonly title: string; readonly x: number; readonly width: number }[] {
  const weights = titles.map((title) => Math.max(title.length, 8));
  const unit = width / weights.reduce((sum, weight) => sum + weight, 0);
  return titles.map((title, index) => ({
    title,
    x: x + unit * weights.slice(0, index).reduce((sum, weight) => sum + weight, 0),
    width: unit * (weights[index] ?? 0),
  }));
}

/** As many rows of a height as fit, twelve at most. */
function drawRows(box: Box, height: number, draw: (row: Box, index: number) => string): string {
  const count = Math.min(12, Math.max(1, Math.floor(box.height / height)));
  return Array.from({ length: count }, (_, index) =>
    draw({ ...box, y: box.y + index * height, height }, index),
  ).join('');
}

function rect({ x, y, width, height }: Box, fill: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="2" fill="${fill}"/>`;
}

function text(x: number, y: number, content: string, attributes = 'font-weight="normal"'): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
