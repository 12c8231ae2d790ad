// What the page was handed: tables, a list a column; texts are written once each, numbers that JSON has not as words.

const DATA = JSON.parse(document.getElementById('data').textContent);

function number(value) {
  return value === null ? NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value);
}

class Table {
  constructor(packed) {
    this.rows = packed.rows;
    this.packed = packed.columns;
    this.names = Object.keys(packed.columns);
    this.read = {};
  }

  isText(name) {
    return !Array.isArray(this.packed[name]);
  }

  column(name) {
    if (!(name in this.read)) {
      const packed = this.packed[name];
      this.read[name] = Array.isArray(packed) ? packed.map(number) : packed.codes.map(code => packed.texts[code]);
    }
    return this.read[name];
  }

  // As CSV (RFC 4180), all rows or some of them; a whole number beyond 2^53 is written as it came.
  csv(rows) {
    const cell = text => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const columns = this.names.map(name =>
      this.isText(name) ? this.column(name) : this.packed[name].map(value => (value === null ? '' : String(value))));
    const lines = [this.names.map(cell).join(',')];
    const write = row => lines.push(columns.map(column => cell(column[row])).join(','));
    if (rows) rows.forEach(write);
    else for (let row = 0; row < this.rows; row++) write(row);
    return lines.join('\r\n') + '\r\n';
  }

  // Rows of each problem and line: problem -> line -> rows.
  byLine() {
    if (!this.places) {
      const [problem, optimizer, gradient] = ['problem', 'optimizer', 'gradient'].map(name => this.column(name));
      this.places = new Map();
      for (let row = 0; row < this.rows; row++) {
        if (!this.places.has(problem[row])) this.places.set(problem[row], new Map());
        const lines = this.places.get(problem[row]);
        const line = LINE_OF.get(JSON.stringify([optimizer[row], gradient[row]]));
        if (line === undefined) continue;
        if (!lines.has(line)) lines.set(line, []);
        lines.get(line).push(row);
      }
    }
    return this.places;
  }
}

const LINES = DATA.lines;
const LINE_OF = new Map(LINES.map((line, place) => [JSON.stringify([line.optimizer, line.gradient]), place]));
const RUNS = new Table(DATA.runs);

function floats(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({length: bytes.length / 4}, (_, place) => view.getFloat32(4 * place, true));
}

// The looks at single runs, read when they are first asked for: run -> {from, to} in the columns.
let singles = null;
function singleRuns() {
  if (!singles && DATA.single) {
    const columns = Object.fromEntries(Object.entries(DATA.single.columns).map(([name, text]) => [name, floats(text)]));
    const runs = new Map();
    let from = 0;
    DATA.single.run.forEach((run, place) => {
      runs.set(run, {from, to: from + DATA.single.looks[place]});
      from += DATA.single.looks[place];
    });
    singles = {columns, runs};
  }
  return singles;
}

// As harness.analysis.numbers has it: three significant digits.
function significant(value) {
  if (Number.isNaN(value)) return '-';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '\u221e' : '-\u221e';
  const [mantissa, exponent] = value.toExponential(2).split('e');
  const power = Number(exponent);
  if (power > -4 && power < 6) return Number(`${mantissa}e${power}`).toFixed(Math.max(2 - power, 0));
  return `${mantissa}e${power}`;
}

function element(name, properties = {}, ...children) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in found && !key.includes('-')) found[key] = value;
    else found.setAttribute(key, value);
  }
  found.append(...children);
  return found;
}

function download(name, text) {
  const link = element('a', {href: URL.createObjectURL(new Blob([text], {type: 'text/csv;charset=utf-8'})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function csvButton(name, make) {
  const button = element('button', {type: 'button', textContent: 'Download numbers (CSV)'});
  button.addEventListener('click', () => download(name(), make()));
  return button;
}

function dataTable(caption, titles, rows) {
  const head = element('tr', {}, ...titles.map((title, place) => element('th', {scope: 'col', className: place ? 'number' : '', textContent: title})));
  const body = rows.map(row => element('tr', {}, ...row.map((cell, place) =>
    place ? element('td', {className: 'number', textContent: cell}) : element('th', {scope: 'row', textContent: cell}))));
  return element('table', {}, element('caption', {textContent: caption}), element('thead', {}, head), element('tbody', {}, ...body));
}
