// Sections of charts: a panel a problem, drawn when it comes into sight, each with a sentence and a table beside it.

const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const CONFIG = {displayModeBar: false, responsive: true, scrollZoom: false, showTips: false};

function axis(scale, title, colours) {
  return {
    title: {text: title, font: {size: 12}, standoff: 6}, range: scale.range.slice(), type: 'linear', zeroline: false,
    tickvals: scale.ticks.map(([place]) => place), ticktext: scale.ticks.map(([, text]) => text),
    gridcolor: colours.grid, linecolor: colours.rule, tickfont: {size: 11}, automargin: true, ticks: '', tickangle: 0,
  };
}

function layout(x, y, colours, height) {
  return {
    xaxis: x, yaxis: y, height, showlegend: false, hovermode: 'closest', margin: {l: 46, r: 14, t: 8, b: 40},
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {family: FONT, color: colours.ink, size: 12},
    // On a touch screen a finger moves the page, not the axes.
    dragmode: matchMedia('(pointer: coarse)').matches ? false : 'zoom',
    hoverlabel: {bgcolor: colours.paper, bordercolor: colours.soft, font: {color: colours.ink, family: FONT, size: 12}, align: 'left'},
    shapes: [], annotations: [],
  };
}

function targetShape(place, horizontal, colours) {
  const along = horizontal ? {xref: 'paper', x0: 0, x1: 1, y0: place, y1: place} : {yref: 'paper', y0: 0, y1: 1, x0: place, x1: place};
  return {type: 'line', layer: 'below', line: {color: colours.soft, width: 1, dash: '4px,3px'}, ...along};
}

const SEEN = new IntersectionObserver(entries => {
  for (const entry of entries) {
    entry.target.inSight = entry.isIntersecting;
    if (entry.isIntersecting && entry.target.refresh) entry.target.refresh();
  }
}, {rootMargin: '300px'});

// One panel: draw() returns {data, layout, sentence, table: [titles, rows]}.
class PanelView {
  constructor(title, draw) {
    this.draw = draw;
    this.stale = true;
    this.plot = element('div', {className: 'plot', role: 'img'});
    this.numbers = element('div', {className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `Numbers: ${title}`});
    this.details = element('details', {}, element('summary', {textContent: 'Numbers as a table'}), this.numbers);
    this.details.addEventListener('toggle', () => this.tabulate());
    this.figure = element('figure', {}, element('figcaption', {textContent: title}), this.plot, this.details);
    this.figure.refresh = () => this.refresh();
    this.title = title;
    SEEN.observe(this.figure);
  }

  age() {
    this.stale = true;
    if (this.figure.inSight) this.refresh();
  }

  refresh() {
    if (!this.stale || this.figure.hidden) return;
    this.drawn = this.draw();
    this.stale = false;
    this.plot.setAttribute('aria-label', this.drawn.sentence);
    this.plot.style.height = `${this.drawn.layout.height}px`;
    Plotly.react(this.plot, this.drawn.data, this.drawn.layout, CONFIG);
    this.tabulate();
  }

  tabulate() {
    if (!this.details.open) return;
    if (this.stale) this.refresh();
    if (!this.drawn) return;
    this.numbers.replaceChildren(dataTable(this.title, ...this.drawn.table));
  }
}

function legend(place) {
  LINES.forEach((line, number) => {
    const button = element('button', {type: 'button', 'aria-pressed': 'true', title: 'show or hide in all charts'}, swatch(number), element('span', {textContent: line.label}));
    button.addEventListener('click', () => { STATE.lines[number] = !STATE.lines[number]; changed(); });
    place.append(button);
  });
  STATE.watchers.push(() => [...place.children].forEach((button, number) => button.setAttribute('aria-pressed', String(STATE.lines[number]))));
}

function choice(text, options, listener) {
  const select = element('select', {}, ...options.map(([value, name]) => element('option', {value, textContent: name})));
  select.addEventListener('change', listener);
  return [select, element('label', {}, text, select)];
}

function tick(text, checked, listener) {
  const box = element('input', {type: 'checkbox', checked});
  box.addEventListener('change', listener);
  return [box, element('label', {}, box, text)];
}

// A section with a panel a problem: draw(problem, table, settings) draws one, controls(redraw) returns what it can be asked.
function chartSection(plot, controls, draw) {
  const section = document.getElementById(plot), chart = DATA.charts[plot];
  if (!section || !chart || !section.querySelector('.panels')) return;
  const forms = Object.entries(chart.forms), tables = new Map(forms.map(([name, form]) => [name, new Table(form.table)]));
  const panels = new Map(), redraw = () => panels.forEach(panel => panel.age());
  const bar = section.querySelector('.controls');
  let [select, label] = choice(plot === 'finals' ? 'Of: ' : 'Horizontal axis: ', forms.map(([name, form]) => [name, form.name]), () => { arrange(); redraw(); });
  if (forms.length > 1) bar.append(label);
  const settings = controls(redraw, bar);
  settings.form = () => select.value;
  settings.order = () => chart.forms[select.value].order.map(line => LINE_OF.get(JSON.stringify(line)));
  settings.formName = () => chart.forms[select.value].name;
  // The dots of finals are the runs.
  bar.append(csvButton(() => `${plot}-${select.value}.csv`, () => (plot === 'finals' ? RUNS : tables.get(select.value)).csv()));
  legend(section.querySelector('.legend'));
  for (const problem of DATA.problems) {
    const panel = new PanelView(problem, () => draw(problem, tables.get(select.value), settings));
    panels.set(problem, panel);
    section.querySelector('.panels').append(panel.figure);
  }
  function arrange() {
    const there = tables.get(select.value).byLine();
    panels.forEach((panel, problem) => { panel.figure.hidden = !STATE.problems.get(problem) || !there.has(problem); });
  }
  STATE.watchers.push(() => { arrange(); redraw(); });
  arrange();
}
