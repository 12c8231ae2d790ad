// What is shown, and who has to know when that changes.

const STATE = {lines: LINES.map(() => true), problems: new Map(DATA.problems.map(problem => [problem, true])), watchers: []};

function changed() {
  STATE.watchers.forEach(watcher => watcher());
}

function shownLines() {
  return LINES.map((_, place) => place).filter(place => STATE.lines[place]);
}

function isDark() {
  const asked = document.documentElement.dataset.theme;
  return asked ? asked === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function colourOf(line) {
  return isDark() ? LINES[line].dark : LINES[line].light;
}

function ink() {
  const style = getComputedStyle(document.documentElement);
  const named = name => style.getPropertyValue(name).trim();
  return {ink: named('--ink'), soft: named('--soft'), grid: named('--grid'), paper: named('--paper'), rule: named('--rule')};
}

function faded(colour, opacity) {
  const part = place => parseInt(colour.slice(place, place + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
}

// A piece of line with its mark, as in a legend.
const SHAPES = {
  'circle': 'M14 2.5a3.5 3.5 0 1 0 .01 0z', 'square': 'M11 3h6v6h-6z', 'triangle-up': 'M14 2l4 7h-8z',
  'diamond': 'M14 1.5l4 4.5-4 4.5-4-4.5z', 'triangle-down': 'M14 10l4-7h-8z', 'triangle-left': 'M10 6l7-4v8z',
  'triangle-right': 'M18 6l-7-4v8z', 'cross': 'M12.5 2h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5v-3h2.5z',
  'x': 'M11 2l3 2.5 3-2.5 1.5 1.5-2.5 2.5 2.5 2.5-1.5 1.5-3-2.5-3 2.5-1.5-1.5 2.5-2.5-2.5-2.5z',
};
function swatch(line) {
  const name = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(name, 'svg');
  const set = (node, values) => Object.entries(values).forEach(([key, value]) => node.setAttribute(key, value));
  set(picture, {width: 28, height: 12, 'aria-hidden': 'true', 'data-line': line});
  const stroke = document.createElementNS(name, 'path');
  const dash = LINES[line].dash === 'solid' ? 'none' : LINES[line].dash.replaceAll('px', '');
  set(stroke, {d: 'M0 6H28', 'stroke-width': 1.8, 'stroke-dasharray': dash, fill: 'none', stroke: colourOf(line)});
  const mark = document.createElementNS(name, 'path');
  set(mark, {d: SHAPES[LINES[line].symbol], fill: colourOf(line)});
  picture.append(stroke, mark);
  return picture;
}

function recoloured() {
  document.querySelectorAll('svg[data-line]').forEach(picture => picture.replaceWith(swatch(Number(picture.dataset.line))));
}
